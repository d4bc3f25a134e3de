# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is tested
#
# One mixing and one mass splitting make electron neutrinos and antineutrinos disappear,
#
# $$P(\nu_e\to\nu_e) = 1 - \sin^2 2\theta_{ee}\,\sin^2\left(1.267\,\frac{\Delta m^2_{41}\,L}{E}\right),$$
#
# with $\Delta m^2_{41}$ in eV², $L$ in m and $E$ in MeV. The data see it in different ways: gallium and
# reactor rates as a deficit against a calculated rate, which needs a cross section or a flux model; the
# spectra of reactors as a wave in a ratio of two distances or two detectors, which needs neither; νe on ¹²C
# as a deficit and as a change with distance and energy.

# %%
import numpy as np
from numpy.typing import NDArray

from nuanomaly import fit
from nuanomaly.report import context, figures, verdicts

page = context.here()
coarse = {"dm2_41": (0.103, 9.74, 81, "log"), "sin2_2theta_ee": (1e-3, 1.0, 41, "log")}
wide = {"dm2_41": (0.01, 100.0, 101, "log"), "sin2_2theta_ee": (1e-3, 1.0, 31, "log")}
# the declared overlaps are about rates that these variants do not hold: see what is approximate
sides = {
    key: page.side(key, grid=coarse, allow_overlap=True)
    for key in ("gallium", "reactor-rates", "reactor-spectra", "nue-carbon")
}
spectra = {
    "danss": "DANSS",
    "neos": "NEOS / Daya Bay",
    "double-chooz": "Double Chooz",
    "prospect": "PROSPECT",
    "stereo": "STEREO",
    "bugey-3": "Bugey-3 (not in the common fit)",
}
single = {key: page.side(key, key=key, title=name, grid=coarse) for key, name in spectra.items()}
every = sides | single
colours = {
    "gallium": "vermillion",
    "reactor-rates": "blue",
    "reactor-spectra": "green",
    "nue-carbon": "purple",
}
everything = page.test(*sides.values(), grid=coarse, allow_overlap=True, title="all four sides")
rest = [sides[key] for key in ("reactor-rates", "reactor-spectra", "nue-carbon")]
others = page.side(*rest, key="rest", title="all but gallium", grid=coarse, allow_overlap=True)
against = page.test(
    sides["gallium"],
    others,
    key="gallium-against-rest",
    title="gallium against all other",
    grid=coarse,
    allow_overlap=True,
)

# %% [markdown]
# ## The data
#
# Everything is drawn over what is expected without oscillation. A common factor of all rates can hide in the
# cross section or the flux; a wave in the lower panels cannot.

# %%
figure, panels = figures.new(7.3, 8.2, 3, 2)
gallium, rates, danss, neos, prospect, carbon = panels.ravel()
at = {
    "best fit of its own side": ("", "black", "solid"),
    "best fit of gallium": ("gallium", "vermillion", "dashed"),
}
quiet = {"dm2_41": 1.0, "sin2_2theta_ee": 0.0}

measured, measured_error = [], []
for reference in ("gallex", "sage", "best"):
    table = page.release(reference).table("measurements")
    measured += list(table["ratio_bahcall"])
    measured_error += list(table["error_bahcall"])
figures.points(gallium, np.arange(1, len(measured) + 1), measured, measured_error, "data")
expected = sides["gallium"]
without = np.asarray(expected.predict(**quiet))
for name, (whose, colour, line) in at.items():
    ratio = np.asarray(expected.predict(**every[whose or "gallium"].point)) / without
    figures.curve(gallium, np.arange(1, len(ratio) + 1), ratio, name, colour, line)
gallium.set(title="gallium", xlabel="measurement, in time", ylabel="data / no oscillation", ylim=(0.55, 1.15))

release = page.release("reactor-rates")
table = release.table("short-baseline-rates")
sites = release.table("short-baselines").set_index("site")["baseline"]
distance = table["site"].map(sites).to_numpy(float)
order = np.argsort(distance, kind="stable")
error = np.sqrt(np.diag(np.linalg.inv(release.matrix("short-baseline-rates-inverse-covariance"))))
number = np.arange(1, len(order) + 1)
figures.points(rates, number, table["ratio_huber_mueller"].to_numpy(float)[order], error[order], "data")
for name, (whose, colour, line) in at.items():
    ratio = np.asarray(sides["reactor-rates"].predict(**every[whose or "reactor-rates"].point))
    figures.curve(rates, number, ratio[order], name, colour, line)
rates.set(title="reactor rates", xlabel="rate, 7 to 95 m, by distance", ylim=(0.7, 1.15))

for axes, key in ((danss, "danss"), (neos, "neos")):
    release = page.release(key)
    table = release.table("ratio")
    base = np.asarray(single[key].predict(**quiet))
    error = np.sqrt(np.diag(np.linalg.inv(release.matrix("inverse-covariance"))))
    middle = 0.5 * (table["low"] + table["high"]).to_numpy(float)
    figures.points(axes, middle, table["ratio"].to_numpy(float) / base, error / base, "data")
    for name, (whose, colour, line) in at.items():
        shape = np.asarray(single[key].predict(**every[whose or key].point)) / base
        figures.curve(axes, middle, shape, name, colour, line)
    axes.set(title=spectra[key], xlabel="prompt energy (MeV)", xlim=(1.0, 7.0))
danss.set(ylabel="data / no oscillation", ylim=(0.85, 1.15))
neos.set(ylim=(0.85, 1.15))


def by_baseline(counts: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Counts per baseline, over those expected from all baselines together, and their error."""
    expected = {"null": quiet, "own": every["prospect"].point, "gallium": every["gallium"].point}
    shares = {}
    for name, point in expected.items():
        shape = np.asarray(single["prospect"].predict(**point)).reshape(10, 16)
        shares[name] = (counts.sum(axis=0) * shape / shape.sum(axis=0)).sum(axis=1)
    return shares


release = page.release("prospect")
counts = release.table("spectra")["counts"].to_numpy(float).reshape(10, 16)
shared = by_baseline(counts)
spread = np.sqrt(
    np.array(
        [release.matrix("covariance")[16 * k : 16 * k + 16, 16 * k : 16 * k + 16].sum() for k in range(10)]
    )
)
metres = release.table("baselines").groupby("site", sort=False)["baseline"].mean().to_numpy()
figures.points(prospect, metres, counts.sum(axis=1) / shared["null"], spread / shared["null"], "data")
for (name, (_, colour, line)), key in zip(at.items(), ("own", "gallium"), strict=True):
    figures.curve(prospect, metres, shared[key] / shared["null"], name, colour, line)
prospect.set(
    title="PROSPECT, all energies", xlabel="distance (m)", ylabel="data / no oscillation", ylim=(0.85, 1.15)
)

karmen = page.release("nue-carbon").table("karmen")
base = np.asarray(sides["nue-carbon"].predict(**quiet))[: len(karmen)]
middle = 0.5 * (karmen["low"] + karmen["high"]).to_numpy(float)
observed = karmen["observed"].to_numpy(float)
figures.points(carbon, middle, observed / base, np.sqrt(observed) / base, "data")
for name, (whose, colour, line) in at.items():
    shape = (
        np.asarray(sides["nue-carbon"].predict(**every[whose or "nue-carbon"].point))[: len(karmen)] / base
    )
    figures.curve(carbon, middle, shape, name, colour, line)
carbon.set(title="KARMEN, νe on ¹²C", xlabel="neutrino energy (MeV)", ylim=(0.3, 1.7), xlim=(30.0, 50.0))
for axes in panels.ravel():
    axes.axhline(1.0, color="#767676", linewidth=0.8, zorder=0)
figures.legend(figure, gallium)
page.figure(
    figure,
    "data",
    "Data over the expectation without oscillation. Dashed: the best fit of gallium, which would be a wave "
    "of several per cent in the spectra; solid: that of the data shown (of all gallium, of all rates), both "
    "with systematic effects at their nominal values. Errors are those of each bin alone and are correlated; "
    "KARMEN is shown up to 50 MeV, where counts are many enough.",
    alt=(
        "Six panels of data over expectation: gallium at 0.8, reactor rates at 0.94, spectra of DANSS, "
        "NEOS, PROSPECT and KARMEN flat around one."
    ),
    shows=["gallium", "reactor-rates", "danss", "neos", "prospect", "nue-carbon"],
)

# %% [markdown]
# ## Where each side wants to be

# %%
figure, axes = figures.new(7.3, 6.6)
figures.plane(axes, "sin2_2theta_ee", "dm2_41", (0.003, 1.0), (0.103, 9.74))
for key, side in sides.items():
    kind: figures.Kind = "lines" if key in ("reactor-spectra", "nue-carbon") else "allowed"
    figures.scan(axes, side.scan, page.levels, side.title, colours[key], kind, side.fit.value)
for name, colour, line in (
    ("best/contours", "#6d3000", "dashed"),
    ("stereo", "#004d38", "dashdot"),
    ("nue-carbon-95", "#7a3f60", "dotted"),
):
    curve = page.contour(name)
    figures.published(axes, curve.pieces, curve.label, colour, line)
for key, side in sides.items():
    point = side.point
    figures.best_fit(axes, point["sin2_2theta_ee"], point["dm2_41"], f"best fit, {side.title}", colours[key])
point = everything.best_fit
figures.best_fit(axes, point["sin2_2theta_ee"], point["dm2_41"], "best fit of all", "black", "o")
figures.legend(figure, axes, 2)
page.figure(
    figure,
    "regions",
    "Allowed regions of gallium and of the rates (filled: 90 and 99 %); borders of what the spectra and "
    "νe on "
    "carbon allow (solid 90 %, dashed 99 %; allowed is the side of small mixing, or the inside of an "
    "island). "
    "Published curves as digitised.",
    alt=(
        "Gallium lies at mixing 0.2 to 0.5, reactor rates at 0.05 to 0.2, reactor spectra allow islands at "
        "0.03 and small mixing."
    ),
    shows=["gallium", "reactor-rates", "reactor-spectra", "nue-carbon"],
    regions=True,
)

# %%
overall = sum(side.fit.value + side.significance.delta for side in sides.values())
gain = overall - everything.result.value
compilation = {"sin2_theta13": 0.02146056, "dm2_31": 2.525e-3, "dm2_21": 7.39e-5, "sin2_theta12": 0.3095}
for key, point in (
    ("danss", {"dm2_41": 1.32, "sin2_2theta_ee": 0.072}),
    ("bugey-3", {"dm2_41": 4.17, "sin2_2theta_ee": 0.83}),
    ("double-chooz", {"dm2_41": 0.0275, "sin2_2theta_ee": 0.0331} | compilation),
    ("prospect", {"dm2_41": 1.74, "sin2_2theta_ee": 0.11}),
):
    page.result(f"{key}.at-reference", float(single[key].likelihood.chi2(page.model, **point)))
page.result(
    "double-chooz.null-at-reference", float(single["double-chooz"].likelihood.chi2("3nu", **compilation))
)
page.result("joint.minimum", everything.result.value)
page.result("joint.delta-null", gain)
page.record_side(others, "best_fit", "minimum")
page.best_fits(
    "Best fits between {grid:dm2_41.low} and {grid:dm2_41.high} eV², and what they gain over no oscillation.",
    [*every.values()],
    note=(
        f"All four sides together gain {gain:.1f}. STEREO and what holds it have no χ² of data: "
        "STEREO's Δχ² counts from the minimum of its own table, with 9.0 where nothing oscillates, which its "
        "critical values (10.05 at 95 %) call insignificant. By Wilks it would be more than 2σ, and it "
        "makes a large part of what the spectra gain."
    ),
)

# %% [markdown]
# ## Do they agree?
#
# The parameter goodness of fit (Maltoni and Schwetz) is what the best common description costs over the
# best separate ones,
#
# $$\chi^2_\mathrm{PG} = \min_\theta \sum_i \chi^2_i(\theta) - \sum_i \min_\theta \chi^2_i(\theta).$$

# %%
without_stereo = page.side(
    sides["reactor-rates"],
    sides["nue-carbon"],
    *(single[key] for key in ("danss", "neos", "double-chooz", "prospect")),
    title="everything else without STEREO",
    grid=wide,
    allow_overlap=True,
)
farther = page.test(
    sides["gallium"],
    without_stereo,
    key="gallium-against-rest-without-stereo",
    title="gallium against all other without STEREO, 0.01 to 100 eV²",
    grid=wide,
    allow_overlap=True,
)
for key, test in (
    ("pg", everything),
    ("gallium-against-rest", against),
    ("gallium-against-rest-without-stereo", farther),
):
    page.record(key, {"best_fit": everything.best_fit if test is against else test.best_fit})
page.tensions("Parameter goodness of fit.", [everything, against, farther], "test")

# %% [markdown]
# ## Wilks' theorem and Monte Carlo
#
# STEREO's release is a table of Δχ², of which no fake experiments can be made. Without it and without
# carbon the tension is calibrated in the same range of splittings: toys at the common best fit, every one
# fitted as the data are.

# %%
surface = "STEREO is a table of Δχ²"
both = page.side_by_side(
    {
        "gallium-vs-reactor-rates/gallium": (
            "Gallium (Bahcall) against no oscillation",
            sides["gallium"].significance,
        ),
        "reactor-rates-vs-spectra/rates-huber-mueller": (
            "Reactor rates against no oscillation",
            sides["reactor-rates"].significance,
        ),
        "reactor-rates-vs-spectra/spectra": ("Spectra without STEREO against no oscillation", 2),
        "gallium-against-rest": ("Gallium against rates and spectra without STEREO", 2),
        "three-sides": ("Gallium, rates, and spectra without STEREO", 4),
        "all-sides": ("All four sides", everything.pg),
    },
    **{"all-sides": surface},
)

# %% [markdown]
# ## Bugey-3
#
# Rates of Bugey-3 stand in the compilation of rates, so the ratio of its spectra is not part of the common
# fit. It can be asked on its own what it says about the common best fit.

# %%
bugey = single["bugey-3"]
there = bugey.likelihood.chi2(page.model, **everything.best_fit) - bugey.fit.value
at_gallium = bugey.likelihood.chi2(page.model, **every["gallium"].point) - bugey.fit.value
page.result("bugey-3.at-common-fit", float(there), meaning="Δχ² above its own minimum")
page.result("bugey-3.at-gallium", float(at_gallium), meaning="Δχ² above its own minimum")
page.text(
    f"Bugey-3 is {there:.1f} above its minimum at the common best fit, and "
    f"{at_gallium:.1f} above it at the best fit of gallium."
)

# %% [markdown]
# ## Small mass splittings and θ13
#
# Below 0.3 eV² a fourth neutrino and $\theta_{13}$ act alike on NEOS over Daya Bay and on Double Chooz.
# There both $\theta_{13}$ and $\Delta m^2_{31}$ have to be fitted too. Double Chooz is what knows them here:
# Daya Bay shares its data with NEOS.

# %%
small = {"dm2_41": (0.01, 0.3, 41, "log"), "sin2_2theta_ee": (2e-3, 0.3, 25, "log")}
angles = {"sin2_theta13": (0.012, 0.036, 7, "lin"), "dm2_31": (2.0e-3, 3.0e-3, 7, "lin")}
members = (single["neos"], single["double-chooz"])
pair = [one.likelihood for one in members]
rows: list[list[str | float]] = []
for key, grid in {"fixed": small, "profiled": {**small, **angles}}.items():
    best = page.side(*members, grid=grid).fit
    if key == "profiled":
        none = fit(pair, "3nu", grid=angles).value
    else:
        none = sum(float(one.chi2("3nu")) for one in pair)
    page.record(f"low.{key}.best_fit", best.parameters)
    page.result(f"low.{key}.delta", none - best.value)
    theta = best.parameters.get("sin2_theta13", 0.0224)
    rows.append(
        [
            key,
            f"{best.parameters['dm2_41']:.4f}",
            best.parameters["sin2_2theta_ee"],
            f"{4 * theta * (1 - theta):.3f}",
            f"{1e3 * best.parameters.get('dm2_31', 2.525e-3):.2f}",
            f"{none:.2f}",
            f"{best.value:.2f}",
            f"{none - best.value:.2f}",
        ]
    )
page.table(
    "NEOS and Double Chooz below 0.3 eV², with θ13 and Δm²₃₁ fixed and profiled.",
    [
        "θ13",
        "Δm²₄₁ (eV²)",
        "$\\sin^2 2\\theta_{ee}$",
        "$\\sin^2 2\\theta_{13}$",
        "10³Δm²₃₁",
        "χ², 3ν",
        "χ², best",
        "gain",
    ],
    rows,
)

# %% [markdown]
# ## Beside the literature
#
# {cite:Giunti2022} finds, for gallium with Bahcall's cross section, $\chi^2_\mathrm{PG}$ = 12.86
# (0.16 %, 2 degrees
# of freedom) against the spectra of NEOS, Daya Bay and others, and 10.30 (0.58 %) against the Sun.
# arXiv:2111.12530 finds gallium alone beyond 5σ and in tension with the Sun at about 3σ. The data here
# are not
# theirs: solar neutrinos and KATRIN are missing, rates and νe on carbon are added, DANSS is that of
# 2018, and the
# gallium likelihood lets the cross section scale the prediction and not the measurement. So our numbers
# are of the
# same size, not a reproduction.
#
# **Cost.** Timed apart from this page with one thread of the machine it was written on, the common
# statistic of all
# four sides (ten releases, 329 data and a table) takes 1.3 s for a scan of 100 × 100 points after
# loading, which is
# 7 600 points per second.

# %% [markdown]
# ## How the verdict is worded

# %%
word = verdicts.compatibility(everything.pg)
page.result("verdict", word, method=everything.pg.how)
page.text(verdicts.THRESHOLDS)
pg, two = everything.pg, against.pg
worst = max(sides, key=lambda key: everything.pulls[key])
name = sides[worst].title
page.verdict(
    word,
    f"Between {{grid:dm2_41.low|.1f}} and {{grid:dm2_41.high|.1f}} eV², gallium, reactor rates, reactor "
    f"spectra and νe on carbon are {word} as one "
    f"disappearance (χ²PG = {pg.delta:.1f} for {pg.dof} degrees of freedom, p = "
    f"{verdicts.probability(pg.p_value)}, {verdicts.sigmas(pg)} by Wilks' theorem, as STEREO's table makes "
    "no "
    f"toys). "
    f"Gallium against all other: χ²PG = {two.delta:.1f} for {two.dof}, {verdicts.sigmas(two)}; against "
    "rates and "
    f"spectra without STEREO {both['gallium-against-rest'].said}. Gallium "
    f"asks for "
    f"sin²2θ = {every['gallium'].point['sin2_2theta_ee']:.2f}, the others together for "
    f"{others.point['sin2_2theta_ee']:.3f} at {others.point['dm2_41']:.2f} eV²; a common fit "
    f"goes to "
    f"{everything.best_fit['dm2_41']:.1f} eV² and costs most to {name}.",
)
