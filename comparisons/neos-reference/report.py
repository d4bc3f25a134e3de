# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is compared
#
# One detector at 24 m {cite:NEOS2017, abstract} cannot tell a wave from an odd spectrum. NEOS is therefore
# divided by what a detector at
# several hundred metres measures, where the wave is too fast to be seen. Daya Bay has far more events,
# but other
# cores, fuel and detectors; RENO's near detector looks at the power plant that NEOS stood at.

# %%
import numpy as np

from nuanomaly.report import context, figures

page = context.here()
keys = {"neos": "blue", "reno-neos": "vermillion"}
coarse = {"dm2_41": (0.1, 10.0, 161, "log"), "sin2_2theta_ee": (2e-3, 1.0, 31, "log")}
sides = {key: page.side(key, grid=coarse) for key in keys}

# %% [markdown]
# ## The data

# %%
quiet = {"dm2_41": 1.0, "sin2_2theta_ee": 0.0}
figure, (top, bottom) = figures.new(7.3, 6.4, 2, 1)
table = page.release("neos").table("ratio")
middle = 0.5 * (table["low"] + table["high"]).to_numpy(float)
error = np.sqrt(np.diag(np.linalg.inv(page.release("neos").matrix("inverse-covariance"))))
base = np.asarray(sides["neos"].predict(**quiet))
figures.points(top, middle, table["ratio"].to_numpy(float) / base, error / base, "data")
spectrum = page.release("reno-neos").table("neos-expected")
energy = page.release("reno-neos").table("neos-spectrum")
spread = np.sqrt(np.diag(page.release("reno-neos").matrix("neos-covariance")))[: len(spectrum)]
scale = spectrum["measured"].sum() / spectrum["expected"].sum()
expected = scale * spectrum["expected"].to_numpy(float)
centre = 0.5 * (energy["energy_low"] + energy["energy_high"]).to_numpy(float)
figures.points(bottom, centre, spectrum["measured"].to_numpy(float) / expected, spread / expected, "data")
none = np.asarray(sides["reno-neos"].predict(**quiet))
for key, colour, line in (("neos", "blue", "solid"), ("reno-neos", "vermillion", "dashed")):
    point, name = sides[key].point, f"best fit of {page.title(key)}"
    shape = np.asarray(sides["neos"].predict(**point)) / base
    figures.curve(top, middle, shape, name, colour, line)
    shape = np.asarray(sides["reno-neos"].predict(**point)) / none
    figures.curve(bottom, centre, shape, name, colour, line)
top.set(
    title="NEOS / Daya Bay", xlabel="prompt energy (MeV)", ylabel="data / no oscillation", ylim=(0.85, 1.15)
)
bottom.set(
    title="NEOS / RENO, unfolded",
    xlabel="neutrino energy (MeV)",
    ylabel="data / no oscillation",
    ylim=(0.85, 1.15),
)
for axes in (top, bottom):
    axes.axhline(1.0, color="#767676", linewidth=0.8, zorder=0)
figures.legend(figure, [top, bottom])
page.figure(
    figure,
    "data",
    "The two ratios over their expectation without oscillation, and both best fits in both. Errors: "
    "diagonals of "
    "the covariances (below: of NEOS alone). Below, the mean ratio is set to one; the fit leaves it free.",
    alt="Two ratios against energy that scatter by a few per cent around one, with waves of 2 to 3 per cent.",
    shows=["neos", "reno-neos"],
)

# %% [markdown]
# ## Where the best fits lie

# %%
figure, axes = figures.new(7.3, 6.0)
figures.plane(axes, "sin2_2theta_ee", "dm2_41", (0.002, 1.0), (0.1, 10.0))
for key, colour in keys.items():
    side = sides[key]
    figures.scan(axes, side.scan, page.levels, side.title, colour, "lines", side.fit.value)
    point = side.point
    figures.best_fit(axes, point["sin2_2theta_ee"], point["dm2_41"], f"best fit, {side.title}", colour)
curve = page.contour("neos/contour-90")
figures.published(axes, curve.pieces, f"{curve.label}, 90 %", "#00344f", "dotted")
figures.band(axes, 2.37, 0.03, "NEOS / RENO, published best Δm²", "orange")
figures.legend(figure, axes, 2)
page.figure(
    figure,
    "regions",
    "Borders of the allowed regions: solid 90 %, dashed 99 %. Dotted: the published exclusion, to "
    "its right. Band: "
    "published mass splitting of the best fit of RENO and NEOS.",
    alt="Borders of both readings follow each other; best fits near 1.7 and 2.4 eV².",
    shows=["neos", "reno-neos"],
    regions=True,
)

# %%
page.best_fits(
    "Best fits of the two readings, and significance against no oscillation.",
    [*sides.values()],
    record=("best_fit", "minimum", "significance"),
)
for one, other in (("neos", "reno-neos"), ("reno-neos", "neos")):
    there = float(sides[one].likelihood.chi2(page.model, **sides[other].point)) - sides[one].fit.value
    page.result(f"{one}.at-other", there, meaning="Δχ² at the best fit of the other reading")
page.text(
    "At the best fit of the other reading, the one over Daya Bay has Δχ² = {result:neos.at-other:.1f}, the "
    "one over RENO {result:reno-neos.at-other:.1f}. The small χ² of NEOS / RENO is the sign of errors "
    "counted twice."
)
compilation = {"sin2_theta13": 0.02146056, "dm2_31": 2.525e-3, "dm2_21": 7.39e-5, "sin2_theta12": 0.3095}
old = page.likelihood("neos", "compilation")
values = {
    "null": float(old.chi2("3nu", **compilation)),
    "best": float(old.chi2(page.model, dm2_41=0.0955, sin2_2theta_ee=0.044, **compilation)),
}
page.record("compilation", values)
page.text(
    "What Daya Bay's spectrum is corrected for matters too: relative to no oscillation at all, as in "
    f"arXiv:2005.01756, χ² is {values['null']:.2f} for three neutrinos and {values['best']:.2f} at "
    "the best fit of that "
    "paper's map, 0.0955 eV² {cite:Berryman2020GlobalReactor}. That one lies below 0.1 eV² and is an "
    "oscillation of Daya Bay's "
    "spectrum, not of NEOS."
)

# %% [markdown]
# ## Wilks' theorem and Monte Carlo

# %%
both = page.side_by_side(
    {key: (f"{side.title} against no oscillation", side.significance) for key, side in sides.items()}
)
page.text(
    "Toys of NEOS / RENO fluctuate by its declared covariance. As errors are counted twice in it, the data "
    "scatter "
    "less than their toys, and its p-value is too large by either way of computing it."
)

# %% [markdown]
# ## How the verdict is worded
#
# The word is *same picture* if each reading allows the best fit of the other (Δχ² below {wilks:0.90, 2},
# 90 % by Wilks' theorem),
# *different pictures* if neither does, else *not the same picture*.

# %%
allowed = [page.results[f"{key}.at-other"]["value"] < figures.wilks(0.90) for key in keys]
word = "same picture" if all(allowed) else "not the same picture" if any(allowed) else "different pictures"
page.result("verdict", word)
first, second = (sides[key].point for key in keys)
page.verdict(
    word,
    f"Over Daya Bay, NEOS prefers {first['dm2_41']:.2f} eV² and sin²2θ = "
    f"{first['sin2_2theta_ee']:.3f}, over RENO "
    f"{second['dm2_41']:.2f} eV² and {second['sin2_2theta_ee']:.3f}; at the best fit of the other they are "
    f"{page.results['neos.at-other']['value']:.1f} and "
    f"{page.results['reno-neos.at-other']['value']:.1f} above their "
    "minima. Neither gain over no oscillation is evidence: "
    f"over Daya Bay {both['neos'].said}; over RENO {both['reno-neos'].said}. Both likelihoods are "
    "approximate.",
)
