# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is tested
#
# One mass splitting and one amplitude for all beams of muon neutrinos and antineutrinos:
#
# $$P(\nu_\mu\to\nu_e) = \sin^2 2\theta_{\mu e}\,\sin^2\left(1.267\,\frac{\Delta m^2_{41}\,L}{E}\right).$$
#
# LSND and KARMEN looked for ν̄e from muons that decay at rest, at 30 m and at 17.7 m: at small splittings,
# where the probability goes with the square of the distance, KARMEN sees a third of LSND's and cannot
# contradict it. MiniBooNE worked at twenty times the energy and distance.

# %%
from itertools import combinations

import numpy as np

from nuanomaly.inference.compatibility import compare
from nuanomaly.inference.contours import level
from nuanomaly.inference.fit import fit, profile, significance
from nuanomaly.inference.scan import scan
from nuanomaly.model.registry import model
from nuanomaly.report import context, figures, verdicts

page = context.here()
keys = ("lsnd", "karmen", "miniboone")
members = {key: page.likelihood(key) for key in keys}
appearance = model(page.model)
amplitude = "sin2_2theta_mue"

# %% [markdown]
# ## Where each data set wants to be

# %%
scans = {key: scan(member, appearance, grid=page.grid) for key, member in members.items()}
fits = {key: fit(member, appearance, grid=page.grid) for key, member in members.items()}
together = compare(list(members.values()), appearance, grid=page.grid)
everything = scan(list(members.values()), appearance, grid=page.grid)

figure, axes = figures.new(7.3, 6.6)
figures.plane(axes, amplitude, "dm2_41", (3e-4, 1.0), (0.01, 100.0))
for key, colour, kind in (
    ("lsnd", "blue", "allowed"),
    ("miniboone", "vermillion", "allowed"),
    ("karmen", "green", "excluded"),
):
    found = scans[key]
    figures.region(
        axes,
        found.axis(amplitude).values,
        found.axis("dm2_41").values,
        found.delta(fits[key].value),
        page.levels,
        page.title(key) + (", excluded" if kind == "excluded" else ""),
        colour,
        kind,
    )
curves = page.release("contours").table("nue-appearance")
for contour, label, colour, line in (
    ("nomad-95", "NOMAD 95 %, by others (digitised)", "purple", "dashdot"),
    ("opera-90", "OPERA 90 %, published (digitised)", "orange", "dashed"),
    ("icarus-90", "ICARUS 90 %, published (digitised)", "sky", "dashed"),
):
    limit = curves[curves["contour"] == contour].sort_values("dm2_41")  # one amplitude at each splitting
    limit = limit[limit["sin2_2theta"] < 0.95]  # beyond, the frame of the figure it was read off
    pieces = [(limit["sin2_2theta"], limit["dm2_41"])]
    figures.published(axes, pieces, label, colour, line)
official = page.release("miniboone-nue@2020").table("contours_combined")
official = official[official["level"] == "99%"]
figures.published(
    axes,
    figures.chains(official["sin2_2theta"], official["dm2"]),
    "MiniBooNE 2020 99 %, published (official)",
    "#6d3000",
    "dotted",
)
for place, label, colour, marker in (
    (fits["lsnd"].parameters, "best fit, LSND", "blue", "*"),
    (fits["miniboone"].parameters, "best fit, MiniBooNE", "vermillion", "*"),
    (together.best_fit, "best fit, all", "black", "o"),
):
    figures.best_fit(axes, place[amplitude], place["dm2_41"], label, colour, marker)
figures.legend(figure, axes, columns=2)
page.figure(
    figure,
    "regions",
    "Allowed regions of LSND and MiniBooNE (dark 90 %, light 99 %), and what KARMEN excludes, right of "
    "its green lines "
    "(solid 90 %, dashed 99 %). Published limits, right of each curve, are pictures and enter no fit.",
    alt=(
        "Regions of LSND and MiniBooNE and limits of KARMEN, NOMAD, OPERA and ICARUS in mixing and mass "
        "splitting."
    ),
    shows=["lsnd", "karmen", "miniboone"],
    regions=True,
)

# %%
figure, axes = figures.new(7.3, 5.6)
figures.plane(axes, amplitude, "dm2_41", (3e-4, 1.0), (0.01, 100.0))
figures.region(
    axes,
    everything.axis(amplitude).values,
    everything.axis("dm2_41").values,
    everything.delta(together.value),
    page.levels,
    "LSND, KARMEN and MiniBooNE",
    "blue",
)
figures.best_fit(axes, together.best_fit[amplitude], together.best_fit["dm2_41"], "best fit", "black", "o")
figures.legend(figure, axes)
page.figure(
    figure,
    "joint",
    "What the three together allow; dark 90 %, light 99 % CL.",
    alt="The joint allowed region: a band at small mass splittings.",
    shows=["lsnd", "karmen", "miniboone"],
    regions=True,
)

# %%
tests = {
    key: significance(member, appearance, grid=page.grid, best=fits[key]) for key, member in members.items()
}
joint = fit(list(members.values()), appearance, grid=page.grid)
tests["joint"] = significance(list(members.values()), appearance, grid=page.grid, best=joint)
fits["joint"] = joint
rows = []
for key, found in fits.items():
    page.record(f"{key}.best_fit", found.parameters)
    page.record(f"{key}.significance", tests[key].to_dict(), tests[key].how)
    rows.append(
        [
            "all three" if key == "joint" else page.title(key),
            found.parameters["dm2_41"],
            found.parameters[amplitude],
            f"{tests[key].delta:.1f}",
            verdicts.sigmas(tests[key]),
        ]
    )
page.table(
    "Best fits, and significance against no oscillation.",
    ["data", "Δm² (eV²)", "$\\sin^2 2\\theta_{\\mu e}$", "Δ(−2lnL) of no oscillation", "significance"],
    rows,
    note=f"{tests['joint'].how}: a convention, because at no oscillation Wilks' theorem does not hold.",
)

# %% [markdown]
# ## Do they agree?
#
# $$\chi^2_\mathrm{PG} = \min_\theta \sum_i \chi^2_i(\theta) - \sum_i \min_\theta \chi^2_i(\theta)$$

# %%
rows, pairs = [], {}
for chosen in (keys, *combinations(keys, 2)):
    found = together if chosen == keys else compare([members[k] for k in chosen], appearance, grid=page.grid)
    prefix = "pg" if chosen == keys else "pg-" + "-".join(chosen)
    page.record(
        prefix,
        {"chi2": found.pg.delta, "dof": found.pg.dof, "p_value": found.pg.p_value, "sigma": found.pg.sigma},
        found.pg.how,
    )
    pairs[prefix] = found.pg
    pulls = {k: part.pull for k, part in zip(chosen, found.parts, strict=True)}
    if chosen == keys:
        page.record("pull", pulls)
    rows.append(
        [
            ", ".join(page.title(k) for k in chosen),
            f"{found.pg.delta:.2f}",
            found.pg.dof,
            verdicts.probability(found.pg.p_value),
            f"{found.pg.sigma:.1f}",
            *(f"{pulls[k]:.2f}" if k in pulls else "–" for k in keys),
            found.best_fit["dm2_41"],
            found.best_fit[amplitude],
        ]
    )
page.table(
    "Parameter goodness of fit, pulls, and the common best fit.",
    [
        "data",
        "$\\chi^2_\\mathrm{PG}$",
        "dof",
        "p",
        "σ",
        "LSND",
        "KARMEN",
        "MiniBooNE",
        "Δm² (eV²)",
        "$\\sin^2 2\\theta_{\\mu e}$",
    ],
    rows,
    note=f"{together.pg.how}; degrees of freedom from ranks. Columns of experiments: pulls.",
)

# %% [markdown]
# ## Wilks' theorem and Monte Carlo
#
# Where LSND takes part no fake experiments can be made: what is known of it is a table of its likelihood.

# %%
surface = "LSND is a table of its likelihood, which says nothing of other data"
both = page.side_by_side(
    {
        "lsnd": ("LSND against no oscillation", tests["lsnd"]),
        "lsnd-vs-karmen/karmen": ("KARMEN against no oscillation", tests["karmen"]),
        "miniboone": ("MiniBooNE against no oscillation", tests["miniboone"]),
        "karmen-and-miniboone": ("KARMEN and MiniBooNE, compatibility", pairs["pg-karmen-miniboone"]),
        "compatibility": ("all three, compatibility", together.pg),
    },
    lsnd=surface,
    compatibility=surface,
)
page.text(
    "MiniBooNE's toys have Δ of their own: the covariance follows the prediction, so that its values spread "
    "otherwise than a χ² does. The significance of its *excess*, 4.8σ as published (arXiv:2006.16883), is "
    "another question."
)

# %%
figure, axes = figures.new(7.3, 4.0)
for name, chosen, colour, dashes in (
    ("LSND", members["lsnd"], "blue", "dashed"),
    ("KARMEN", members["karmen"], "green", "dashed"),
    ("MiniBooNE 2020", members["miniboone"], "vermillion", "dashed"),
    ("all three", list(members.values()), "black", "solid"),
):
    line = profile(chosen, appearance, parameter="dm2_41", grid=page.grid)
    figures.curve(axes, line.axes[0].values, line.delta(), name, colour, dashes)
axes.set(
    xscale="log",
    xlim=(0.01, 100.0),
    ylim=(0.0, 35.0),
    xlabel=figures.LABELS["dm2_41"],
    ylabel="Δ(−2lnL), amplitude fitted",
)
axes.xaxis.set_major_formatter(figures.power)
figures.legend(figure, axes)
below = everything.delta(together.value).min(axis=1) <= level(0.99, 2).delta
inside = everything.axis("dm2_41").values[below]
page.record("joint", {"dm2_low": inside.min(), "dm2_high": inside.max()}, level(0.99, 2).how)
page.figure(
    figure,
    "splitting",
    "Smallest value above each minimum at every Δm². Small splittings, where KARMEN is blind, suit all "
    "three.",
    alt="Profiles of LSND, KARMEN, MiniBooNE and all three against the mass splitting.",
    shows=["lsnd", "karmen", "miniboone"],
)

# %% [markdown]
# ## The experiments without a likelihood
#
# OPERA and ICARUS counted νe in the CNGS beam, E776 in a beam at Brookhaven. Their releases hold counts,
# fluxes and limits, but no response that turns an oscillation into counts; a likelihood made of assumptions
# would be ours, not theirs. At their long distances the wave of a splitting above 0.1 eV² averages out:
# their limits are vertical lines in the figure.

# %%
counts = [
    ["OPERA", page.release("opera")],
    ["ICARUS", page.release("icarus")],
    ["E776", page.release("e776")],
]
page.table(
    "Releases that are pictures here.",
    ["experiment", "release", "what it holds"],
    [[name, release.id, ", ".join(release.metadata["tables"])] for name, release in counts],
)

# %% [markdown]
# ## How the verdict is worded

# %%
word = verdicts.compatibility(together.pg)
page.result("verdict", word)
page.text(verdicts.THRESHOLDS)
mixing = 0.5 * np.sqrt(joint.parameters[amplitude])
implied = page.result(
    "joint.implied_disappearance",
    4.0 * mixing * (1.0 - mixing),
    meaning="sin²2θee = sin²2θμμ of 3+1 at the joint best fit, for |Ue4|² = |Uμ4|²",
)
page.verdict(
    word,
    f"As one oscillation of νμ into νe, LSND, KARMEN and MiniBooNE are {word} (χ²PG = "
    f"{together.pg.delta:.1f} "
    f"for {together.pg.dof} degrees of freedom, p = {verdicts.probability(together.pg.p_value)} by "
    "Wilks' theorem, as LSND makes no toys; KARMEN and MiniBooNE alone: "
    f"{both['karmen-and-miniboone'].said}). They meet at "
    f"small splittings, {inside.min():.2f} to {inside.max():.1f} eV² at 99 % CL, where KARMEN is too "
    "near to its "
    f"source to see what LSND saw. The best fit, {joint.parameters['dm2_41']:.3f} eV² and sin²2θ = "
    f"{joint.parameters[amplitude]:.2f}, lies at the end of a flat valley; in 3+1 it would mean a "
    "disappearance of νe "
    f"and νμ of sin²2θ = {implied:.2f}. Whether disappearance allows any of the valley is another "
    "comparison: "
    "appearance and disappearance.",
)
