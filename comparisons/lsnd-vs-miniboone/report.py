# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is tested
#
# With one mass splitting far above the two of the three known neutrinos, the probability that a muon
# neutrino of energy $E$ is found as an electron neutrino after a distance $L$ is
#
# $$P(\nu_\mu\to\nu_e) = \sin^2 2\theta_{\mu e}\,\sin^2\left(1.267\,\frac{\Delta m^2_{41}\,L}{E}\right),$$
#
# with $\Delta m^2_{41}$ in eV², $L$ in m and $E$ in MeV, the same for antineutrinos. LSND and MiniBooNE
# differ in source, energy, distance, detector and background, but cover the same range of $L/E$: an
# oscillation must show up in both in the same way.

# %%
import numpy as np

from nuanomaly import level, model
from nuanomaly.likelihood.constrained import constrained, samples
from nuanomaly.report import context, figures, verdicts
from nuanomaly.report.words import number

page = context.here()
lsnd = page.side("lsnd")
newer = page.side("miniboone")
older = page.side("miniboone-nue@2018", mode="combined", key="miniboone-2018", title="MiniBooNE 2018")
both_sides = page.side(lsnd, newer, key="joint", title="LSND and MiniBooNE 2020 together")
joint, miniboone = both_sides.fit, newer.likelihood
appearance = model(page.model)

# %% [markdown]
# ## The data
#
# LSND counted inverse beta decays, a positron followed by a photon from neutron capture. The spectrum below
# was read off the figure of the paper: it is for the eye; the fit uses the likelihood of the collaboration.

# %%
results = page.release("lsnd").table("results").iloc[0]
spectrum = page.release("lsnd").table("spectrum-fig24-schwetz")
drawn = page.release("lsnd").table("spectrum-fig24-hostert")
edges = np.append(spectrum["l_over_e_low"], spectrum["l_over_e_high"].iloc[-1])

figure, axes = figures.new(7.3, 3.7)
figures.spectrum(
    axes,
    edges,
    {"neutrino background": drawn["background_top"]},
    spectrum["excess"],
    spectrum["excess_top"] - spectrum["excess"],
    added={"with the oscillation drawn in the paper": drawn["signal_top"] - drawn["background_top"]},
    xlabel="L/E (m/MeV)",
    ylabel="beam on − beam off (events)",
)
axes.axhline(0.0, color="#333333", linewidth=0.8)
figures.legend(figure, axes, columns=3)
page.figure(
    figure,
    "lsnd-data",
    "LSND: candidates with a correlated photon ($R_\\gamma>10$) against $L/E$, digitised from "
    "{cite:LSND2001, Fig. 24}. "
    f"All candidates together: an excess of {results.excess:.1f} ± {results.excess_statistical:.1f} "
    "(statistical) "
    f"± {results.excess_systematic:.1f} (systematic) events.",
    alt=(
        "LSND events against L/E: data points lie above the neutrino background and follow the oscillation "
        "curve."
    ),
    shows=["lsnd"],
)

# %% [markdown]
# MiniBooNE sees electrons and photons alike. Its muon-neutrino events, taken at the same time, constrain
# flux and cross sections; the backgrounds below are those after this constraint.

# %%
none = {"dm2_41": 1.0, "sin2_2theta_mue": 0.0}
background, covariance = constrained(miniboone, appearance, none, "numu")
oscillated, _ = constrained(miniboone, appearance, newer.point, "numu")
signal, bins_of = miniboone.data, samples(miniboone)
assert signal is not None
groups = {"neutrino mode": ("nue-nu", "nue_nu"), "antineutrino mode": ("nue-nubar", "nue_nubar")}

figure, both = figures.new(7.3, 3.9, 1, 2)
for axes, (name, (group, table)) in zip(both, groups.items(), strict=True):
    bins = bins_of[group]
    counts = page.release("miniboone-nue@2020").table(table)
    borders = np.append(counts["low"], min(counts["high"].iloc[-1], 1500.0))[: len(counts)]
    visible = slice(0, len(borders) - 1)
    figures.spectrum(
        axes,
        borders,
        {"background, constrained by νμ events": background[bins][visible]},
        counts["data"][visible],
        np.sqrt(counts["data"][visible]),
        added={"with the best fit of MiniBooNE": (oscillated - background)[bins][visible]},
        xlabel="reconstructed energy (MeV)",
        ylabel="events / 100 MeV",
        per=100.0,
    )
    error = np.sqrt(np.diag(covariance)[bins][visible])
    figures.uncertainty(axes, borders, background[bins][visible], error, "systematic error", per=100.0)
    axes.set_title(name)
figures.legend(figure, both)

signal_region = np.concatenate(
    [np.arange(start, start + 9) for start in (bins_of[group].start for group, _ in groups.values())]
)
excess = page.result(
    "miniboone.excess",
    (signal - background)[signal_region].sum(),
    unit="event",
    meaning="excess over the constrained background, 200 to 1250 MeV, both modes",
)
excess_error = page.result(
    "miniboone.excess_error",
    float(np.sqrt(covariance[np.ix_(signal_region, signal_region)].sum())),
    unit="event",
)
page.figure(
    figure,
    "miniboone-data",
    f"MiniBooNE 2020: electron-like events. The excess from 200 to 1250 MeV {{cite:MiniBooNE2021PRD}} is "
    f"{excess:.1f} ± "
    f"{excess_error:.1f} events in both modes "
    "together. Errors of the data are statistical.",
    alt=(
        "Energy spectra of MiniBooNE in neutrino and antineutrino mode: data lie above the background at "
        "low energy."
    ),
    shows=["miniboone"],
)

# %% [markdown]
# ### The same $L/E$?
#
# Dividing each excess by what full conversion would give turns both into a probability. If one oscillation
# were behind both, the points would follow one curve.

# %%
converted = miniboone.predict(appearance, dm2_41=1e4, sin2_2theta_mue=1.0)
full = 2.0 * (converted - miniboone.predict(appearance, **none))  # the average of sin² is 1/2
events = page.release("miniboone-nue@2020")
mean_baseline = float(
    np.average(
        events.quantity("events_nu", "baseline").to("m").magnitude,
        weights=events.table("events_nu")["weight"],
    )
)

figure, axes = figures.new(7.3, 4.4)
for name, colour, marker in (("neutrino mode", "vermillion", "s"), ("antineutrino mode", "orange", "D")):
    group, table = groups[name]
    bins = bins_of[group]
    counts = page.release("miniboone-nue@2020").table(table)
    middle = 0.5 * (counts["low"] + counts["high"]).to_numpy()
    data = signal[bins]
    spread = np.sqrt(data + np.diag(covariance)[bins])
    figures.points(
        axes,
        mean_baseline / middle,
        (data - background[bins]) / full[bins],
        spread / full[bins],
        f"MiniBooNE, {name}",
        colour,
        marker,
    )
probability = page.release("lsnd").table("probability")
figures.points(
    axes, probability["l_over_e"], probability["probability"], probability["error"], "LSND", "blue"
)
ratio = np.linspace(0.2, 2.6, 400)
for found, label, colour, line in (
    (joint.parameters, "joint best fit", "black", "solid"),
    (lsnd.point, "best fit of LSND alone", "blue", "dashed"),
):
    curve = appearance.probability("mu", "e", True, ratio, np.ones_like(ratio), None, **found)[0]
    figures.curve(axes, ratio, curve, label, colour, line)
axes.axhline(0.0, color="#333333", linewidth=0.8)
axes.set(xlabel="L/E (m/MeV)", ylabel="probability", xlim=(0.2, 2.6), ylim=(-0.004, 0.02))
figures.legend(figure, axes)
page.figure(
    figure,
    "probability",
    "Excess over full conversion, and probabilities of oscillation without the resolution of the detectors "
    f"(curves). MiniBooNE: mean distance of {mean_baseline:.0f} m over the middle of the bins of "
    "reconstructed energy, errors statistical and systematic without their correlations. LSND: points "
    "derived from its Fig. 24, as MiniBooNE draws them.",
    alt=(
        "Oscillation probability against L/E for LSND and MiniBooNE; the points overlap within their "
        "errors and rise with L/E."
    ),
    shows=["lsnd", "miniboone"],
)

# %% [markdown]
# ## Where each data set wants to be

# %%
figure, axes = figures.new(7.3, 6.4)
figures.plane(axes, "sin2_2theta_mue", "dm2_41", (4e-4, 1.0), (0.01, 100.0))
for side, colour in ((lsnd, "blue"), (newer, "vermillion")):
    figures.scan(axes, side.scan, page.levels, side.title, colour, "allowed", side.fit.value)
    at = side.point
    figures.best_fit(axes, at["sin2_2theta_mue"], at["dm2_41"], f"best fit, {side.title}", colour)
at = joint.parameters
figures.best_fit(axes, at["sin2_2theta_mue"], at["dm2_41"], "best fit, both", "black", "o")
digitised = page.contour("lsnd/contours")
official = page.contour("miniboone-nue@2020/contours_combined/99%")
figures.published(axes, digitised.pieces, f"{digitised.label}, 99 % CL", "#00344f")
figures.published(axes, official.pieces, official.label, "#6d3000", "dotted")
figures.legend(figure, axes)
page.figure(
    figure,
    "regions",
    "Allowed regions of LSND and MiniBooNE 2020 (both modes); dark 90 %, light 99 % CL. Dashed: the "
    "99 % contour of LSND, digitised {cite:LSND2001, Fig. 27}, which is one of constant likelihood. Dotted: "
    "that of MiniBooNE as released, which comes from fake experiments and differs from the region by Wilks' "
    "theorem.",
    alt=(
        "Allowed regions in the plane of mixing and mass splitting: LSND and MiniBooNE overlap in a band "
        "from 0.05 to about 0.7 eV²."
    ),
    shows=["lsnd", "miniboone"],
    regions=True,
)

# %%
page.best_fits(
    "Best fits, and significance against no oscillation.",
    [lsnd, newer, older, both_sides],
    record=("best_fit", "minimum", "significance"),
    note=(
        "The significances are no significance of an excess, which the collaborations quote "
        "(LSND 3.8σ {cite:LSND2001, abstract}; MiniBooNE 2020 4.8σ {cite:MiniBooNE2021PRD, abstract}). The "
        "valley of MiniBooNE is flat: along it the "
        "best fit may slide to sin²2θ = 1 at almost no cost."
    ),
)

# %% [markdown]
# ## Do they agree?
#
# The parameter goodness of fit (Maltoni and Schwetz) compares the best common description with the best
# separate ones,
#
# $$\chi^2_\mathrm{PG} = \min_\theta \sum_i \chi^2_i(\theta) - \sum_i \min_\theta \chi^2_i(\theta),$$
#
# and asks how often so large a price would be paid by chance if the same parameters were behind both. Each
# term of the sum at the common minimum, less its own minimum, is the pull of that data set.

# %%
from_here = 0.2
low, high, points, scale = page.grid["dm2_41"]
together = page.test(lsnd, newer, best_fit="", title="MiniBooNE 2020")
with_older = page.test(lsnd, older, key="pg-2018", title="MiniBooNE 2018")
above = page.test(
    lsnd,
    newer,
    key="pg-above",
    title=f"MiniBooNE 2020, Δm² above {from_here} eV²",
    grid={**page.grid, "dm2_41": (from_here, high, points, scale)},
)
page.tensions(
    "Parameter goodness of fit of LSND with each of these, and the common best fit.",
    [together, above, with_older],
)

# %% [markdown]
# Where do they meet? The next figure keeps $\Delta m^2_{41}$ fixed and lets the amplitude be what fits
# best.

# %%
lines = {
    "LSND": (lsnd.analysis.profile("dm2_41"), "blue", "dashed"),
    "MiniBooNE 2020": (newer.analysis.profile("dm2_41"), "vermillion", "dashed"),
    "both together": (both_sides.analysis.profile("dm2_41"), "black", "solid"),
}
limit = level(0.99, 2).delta
figure, axes = figures.new(7.3, 4.0)
for name, (line, colour, dashes) in lines.items():
    figures.curve(axes, line.axes[0].values, line.delta(), name, colour, dashes)
axes.axhline(limit, color="#767676", linewidth=1.0, linestyle="dotted")
figures.note(axes, "99 % CL, 2 dof", 0.22, limit / 35.0 + 0.012)
axes.axvline(lsnd.point["dm2_41"], color="#9fb8c8", linewidth=1.0)
axes.set(
    xscale="log",
    xlim=(0.01, 100.0),
    ylim=(0.0, 35.0),
    xlabel=figures.LABELS["dm2_41"],
    ylabel="Δ(−2lnL), amplitude fitted",
)
axes.xaxis.set_major_formatter(figures.power)
figures.legend(figure, axes, columns=3)
joint_line = lines["both together"][0]
allowed = joint_line.axes[0].values[joint_line.delta() <= limit]
page.result("joint.dm2_low", allowed.min(), unit="eV**2", method="Δ ≤ 9.21, amplitude profiled")
page.result("joint.dm2_high", allowed.max(), unit="eV**2", method="Δ ≤ 9.21, amplitude profiled")
page.figure(
    figure,
    "splitting",
    f"Smallest value above the minimum at each Δm². Together they allow Δm² from {allowed.min():.3f} to "
    f"{allowed.max():.2f} eV² at 99 % CL; the grey "
    "line marks the best fit of LSND alone, which MiniBooNE does not want.",
    alt=(
        "Profiles of LSND, MiniBooNE and both against the mass splitting; the joint one is low between "
        "0.03 and 0.6 eV²."
    ),
    shows=["lsnd", "miniboone"],
    regions=False,
)
at_lsnd = page.result(
    "miniboone.at_lsnd_best_fit",
    miniboone.chi2(appearance, **lsnd.point) - newer.fit.value,
    meaning="Δ(−2lnL) of MiniBooNE 2020 at the best fit of LSND",
)

# %% [markdown]
# ## Released contours and Wilks' theorem
#
# Along a contour by Wilks' theorem the likelihood has one value. Along the contours that the collaborations
# released it has these:

# %%
rows = []
for reference, side in (("miniboone-nue@2020", newer), ("miniboone-nue@2018", older)):
    for confidence in page.levels:
        percent = f"{100 * confidence:.0f}"
        ((x, y),) = page.contour(f"{reference}/contours_combined/{percent}%").pieces
        values = side.likelihood.chi2(appearance, dm2_41=y, sin2_2theta_mue=x) - side.fit.value
        median = page.result(f"published.{reference.replace('@', '-')}.{percent}", float(np.median(values)))
        rows.append([f"{side.title}, {percent} %, official", median, level(confidence, 2).delta])
x, y = (np.concatenate(part) for part in zip(*digitised.pieces, strict=True))
median = page.result(
    "published.lsnd.99", float(np.median(lsnd.likelihood.chi2(appearance, dm2_41=y, sin2_2theta_mue=x)))
)
rows.append(["LSND, 99 %, digitised", median, limit])
page.table(
    "Median of Δ(−2lnL) along contours of the collaborations, beside the value of Wilks' theorem for two "
    "degrees of freedom.",
    ["contour", "along it", "Wilks"],
    rows,
    note=(
        "MiniBooNE's come from fake experiments and lie farther out than Wilks' theorem says; the official "
        "regions are therefore wider than the shaded ones."
    ),
)

# %% [markdown]
# ## Wilks' theorem and Monte Carlo
#
# Of LSND there is a table of its likelihood and no fake experiment can be made; the compatibility is
# therefore
# by Wilks' theorem alone.

# %%
surface = "LSND is a table of its likelihood, which says nothing of other data"
both = page.side_by_side(
    {
        "lsnd": ("LSND against no oscillation", lsnd.significance),
        "appearance/miniboone": ("MiniBooNE 2020 against no oscillation", newer.significance),
        "miniboone-2018": ("MiniBooNE 2018 against no oscillation", older.significance),
        "compatibility": ("LSND and MiniBooNE 2020, compatibility", together.pg),
    },
    lsnd=surface,
    compatibility=surface,
)

# %% [markdown]
# ## How the verdict is worded

# %%
word = verdicts.compatibility(together.pg)
page.result("verdict", word)
page.text(verdicts.THRESHOLDS)
# with |Ue4|² = |Uμ4|², which makes the disappearance of both as small as the appearance allows
mixing = 0.5 * np.sqrt(joint.parameters["sin2_2theta_mue"])
implied = page.result(
    "joint.implied_disappearance",
    4.0 * mixing * (1.0 - mixing),
    meaning="sin²2θee = sin²2θμμ of 3+1 at the joint best fit, for |Ue4|² = |Uμ4|²",
)
page.verdict(
    word,
    f"As an oscillation of νμ into νe with one mass splitting, LSND and MiniBooNE are {word} "
    f"(χ²PG = {together.pg.delta:.2f} for {together.pg.dof} degrees of freedom, "
    f"p = {verdicts.probability(together.pg.p_value)} by Wilks' theorem, as LSND makes no toys; MiniBooNE "
    "2020 "
    f"alone is {both['appearance/miniboone'].sigmas} from no oscillation by Monte Carlo). They meet at small "
    f"splittings, {allowed.min():.2f} "
    "to "
    f"{allowed.max():.1f} eV² at 99 % CL. The common best fit ({joint.parameters['dm2_41']:.3f} eV², "
    "sin²2θ = "
    f"{joint.parameters['sin2_2theta_mue']:.2f}) would in 3+1 come with a disappearance of νe and νμ of "
    "sin²2θ = "
    f"{implied:.2f}, which disappearance experiments do not see. The best fit of LSND alone "
    f"({lsnd.point['dm2_41']:.2f} eV²) is disfavoured by MiniBooNE by Δ(−2lnL) = "
    f"{number(at_lsnd, 3)}.",
)
