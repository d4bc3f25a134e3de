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
# LSND and KARMEN looked for ν̄e from muons that decay at rest, at 30 m {cite:LSND2001} and at 17.7 m
# {cite:KARMEN2002}: at small splittings, where the probability goes with the square of the distance, KARMEN
# sees a third of LSND's and cannot contradict it. MiniBooNE worked at twenty times the energy and distance.

# %%
from itertools import combinations

import numpy as np

from nuanomaly import level, region
from nuanomaly.report import context, figures, verdicts

page = context.here()
keys, amplitude = ("lsnd", "karmen", "miniboone"), "sin2_2theta_mue"
done = page.standard(
    toys={
        "karmen": "lsnd-vs-karmen/karmen",
        "lsnd": "LSND is a table of its likelihood, which says nothing of other data",
    },
    verdict=False,
)
together, joint = done.tension, done.joint
page.record_side(joint, "significance")
page.text(
    "MiniBooNE's toys have Δ of their own: the covariance follows the prediction, so that its values spread "
    "otherwise than a χ² does. The significance of its *excess*, 4.8σ as published "
    "{cite:MiniBooNE2021PRD, abstract}, is "
    "another question."
)

# %% [markdown]
# ## Beside published limits

# %%
figure, axes = figures.new(7.3, 6.0)
figures.plane(axes, amplitude, "dm2_41", (3e-4, 1.0), (0.01, 100.0))
figures.scan(
    axes, joint.scan, page.levels, "LSND, KARMEN and MiniBooNE", "blue", "allowed", together.result.value
)
for name, colour, line in (
    ("nomad-95", "purple", "dashdot"),
    ("opera-90", "orange", "dashed"),
    ("icarus-90", "sky", "dashed"),
):
    curve = page.contour(name).by_splitting(below=0.95)
    figures.published(axes, curve.pieces, curve.label, colour, line)
official = page.contour("miniboone-nue@2020/contours_combined/99%")
figures.published(axes, official.pieces, official.label, "#6d3000", "dotted")
figures.best_fit(
    axes, together.best_fit[amplitude], together.best_fit["dm2_41"], "best fit, all", "black", "o"
)
figures.legend(figure, axes, columns=2)
page.figure(
    figure,
    "joint",
    "What the three together allow (dark 90 %, light 99 % CL). Published limits, right of each curve, are "
    "pictures and enter no fit.",
    alt="The joint allowed region, a band at small mass splittings, and limits of NOMAD, OPERA and ICARUS.",
    shows=["lsnd", "karmen", "miniboone"],
    regions=True,
)

# %% [markdown]
# ## Two by two

# %%
pairs = {
    pair: page.test(*(done.sides[key] for key in pair), key="pg-" + "-".join(pair))
    for pair in combinations(keys, 2)
}
page.record("pull", together.pulls)
page.tensions("Parameter goodness of fit of all and of pairs.", [together, *pairs.values()])
two = page.side_by_side(
    {
        "karmen-and-miniboone": (
            "KARMEN and MiniBooNE, compatibility",
            pairs["karmen", "miniboone"].pg,
        )
    },
    "The pair without LSND, by Wilks' theorem and by Monte Carlo.",
)

# %%
figure, axes = figures.new(7.3, 4.0)
for side, colour, dashes in (
    (done.sides["lsnd"], "blue", "dashed"),
    (done.sides["karmen"], "green", "dashed"),
    (done.sides["miniboone"], "vermillion", "dashed"),
    (joint, "black", "solid"),
):
    profile = side.analysis.profile("dm2_41")
    figures.curve(axes, profile.axes[0].values, profile.delta(), side.title, colour, dashes)
axes.set(
    xscale="log",
    xlim=(0.01, 100.0),
    ylim=(0.0, 35.0),
    xlabel=figures.LABELS["dm2_41"],
    ylabel="Δ(−2lnL), amplitude fitted",
)
axes.xaxis.set_major_formatter(figures.power)
figures.legend(figure, axes)
allowed = region(joint.scan, level(0.99, 2), together.result.value).any(axis=1)
inside = joint.scan.axis("dm2_41").values[allowed]
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
counts = [(name, page.release(name.lower())) for name in ("OPERA", "ICARUS", "E776")]
page.table(
    "Releases that are pictures here.",
    ["experiment", "release", "what it holds"],
    [[name, release.id, ", ".join(release.metadata["tables"])] for name, release in counts],
)

# %%
mixing = 0.5 * np.sqrt(joint.point[amplitude])
implied = page.result(
    "joint.implied_disappearance",
    4.0 * mixing * (1.0 - mixing),
    meaning="sin²2θee = sin²2θμμ of 3+1 at the joint best fit, for |Ue4|² = |Uμ4|²",
)
page.verdict(
    done.word,
    f"As one oscillation of νμ into νe, LSND, KARMEN and MiniBooNE are {done.word} (χ²PG = "
    f"{together.pg.delta:.1f} "
    f"for {together.pg.dof} degrees of freedom, p = {verdicts.probability(together.pg.p_value)} by "
    "Wilks' theorem, as LSND makes no toys; KARMEN and MiniBooNE alone: "
    f"{two['karmen-and-miniboone'].said}). They meet at "
    f"small splittings, {inside.min():.2f} to {inside.max():.1f} eV² at 99 % CL, where KARMEN is too "
    "near to its "
    f"source to see what LSND saw. The best fit, {joint.point['dm2_41']:.3f} eV² and sin²2θ = "
    f"{joint.point[amplitude]:.2f}, lies at the end of a flat valley; in 3+1 it would mean a "
    "disappearance of νe "
    f"and νμ of sin²2θ = {implied:.2f}. Whether disappearance allows any of the valley is another "
    "comparison: "
    "appearance and disappearance.",
)
