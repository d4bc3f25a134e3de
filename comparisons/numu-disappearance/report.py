# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is tested
#
# If a sterile neutrino mixes with νμ, some of them are gone after a distance $L$,
#
# $$P(\nu_\mu\to\nu_\mu) = 1 - \sin^2 2\theta_{\mu\mu}\,\sin^2\left(1.267\,\frac{\Delta
# m^2_{41}\,L}{E}\right),
# \qquad \sin^2 2\theta_{\mu\mu} = 4|U_{\mu4}|^2(1-|U_{\mu4}|^2).$$
#
# Appearance needs it: $\sin^2 2\theta_{\mu e} = 4|U_{e4}|^2|U_{\mu4}|^2$ can only be different from
# zero if νμ
# and νe both disappear.

# %%
import numpy as np

from nuanomaly import level
from nuanomaly.inference.limits import raster_limits
from nuanomaly.report import context, figures, verdicts

page = context.here()
keys = ("miniboone", "cdhs", "ccfr")
sides = {key: page.side(key) for key in keys}
joint = page.side(*keys, key="joint", title="MiniBooNE νμ, CDHS and CCFR")
antineutrinos = page.side("miniboone-numu", mode="nubar", key="miniboone-nubar", title="MiniBooNE 2009, ν̄μ")

# %% [markdown]
# ## The data
#
# CDHS and CCFR divided the events of a far detector by those of a near one in the same beam.

# %%
figure, both = figures.new(7.3, 3.6, 1, 2)
for axes, key in zip(both, ("cdhs", "ccfr"), strict=True):
    table = page.release(key).table("ratio")
    curve = sides[key].predict()
    if key == "cdhs":
        x = np.arange(len(table)) + 1.0
        axes.set(xlabel="bin of muon range", xlim=(0.0, 16.0))
        order = np.arange(len(table))
    else:
        x = table["energy"].to_numpy()
        axes.set(xlabel="neutrino energy (GeV)")
        order = np.argsort(x)
    figures.points(axes, x, table["ratio"], table["error"], "far / near")
    figures.curve(axes, x[order], curve[order], "best fit of the experiment", "vermillion")
    axes.axhline(1.0, color="#767676", linewidth=1.0)
    axes.set(ylabel="ratio")
    axes.set_title(page.title(key))
figures.legend(figure, both)
page.figure(
    figure,
    "ratios",
    "Ratios of far to near events, corrected for distance and mass, with statistical errors; a common "
    "2.5 % (CDHS) "
    "and 1.5 % (CCFR) of normalisation are free in the fit. Bins of CDHS: eight of one type of module, "
    "seven of the other.",
    alt="Ratios of CDHS and CCFR scatter around one.",
    shows=["cdhs", "ccfr"],
)

# %% [markdown]
# ## Each alone, and together

# %%
everyone = [*sides.values(), antineutrinos, joint]
page.best_fits(
    "Best fits, and significance against no disappearance.",
    everyone,
    record=("best_fit", "minimum", "significance"),
)
surface = "its release is a table of χ², which says nothing of other data"
two = page.side("cdhs", "ccfr")
agreement = page.test(sides["cdhs"], sides["ccfr"], key="pg-cdhs-ccfr")
both = page.side_by_side(
    {
        "miniboone": ("MiniBooNE νμ, no disappearance", sides["miniboone"].significance),
        "cdhs": ("CDHS, no disappearance", sides["cdhs"].significance),
        "ccfr": ("CCFR, no disappearance", sides["ccfr"].significance),
        "cdhs-and-ccfr": ("CDHS and CCFR, no disappearance", two.significance),
        "joint": ("all three, no disappearance", joint.significance),
        "compatibility": ("CDHS and CCFR, compatibility", agreement.pg),
    },
    miniboone=surface,
    joint=surface.replace("its release", "MiniBooNE's release"),
)
null = page.likelihood("sciboone-miniboone-numubar").chi2("3nu")
page.result("sciboone-miniboone.null", null)
page.text(
    f"SciBooNE and MiniBooNE 2012 (ν̄μ) have χ² = {null:.1f} for 42 bins without oscillation. Their release "
    "does not allow any other point to be evaluated."
)

# %%
minos = page.contour("minos-sterile/contours/90%")
page.result("minos.minimum", float(page.release("minos-sterile").table("surface")["chi2"].min()))
tried = np.append(0.0, np.geomspace(1e-3, 1.0, 1501))
splittings = np.geomspace(0.1, 100.0, 241)
at_90 = level(0.90, 1)
figure, axes = figures.new(7.3, 6.6)
figures.plane(axes, "sin2_2theta_mumu", "dm2_41", (0.01, 1.0), (0.1, 100.0))
for side, colour, line in (
    (sides["miniboone"], "blue", "solid"),
    (antineutrinos, "sky", "solid"),
    (sides["cdhs"], "green", "solid"),
    (sides["ccfr"], "purple", "solid"),
    (joint, "black", "dashed"),
):
    limits = raster_limits(side.analysis, "sin2_2theta_mumu", "dm2_41", splittings, at_90, tried)
    figures.published(axes, [(limits, splittings)], side.title, colour, line)
figures.published(axes, minos.pieces, minos.label, "vermillion", "solid")
cube = page.contour("icecube-2024-95")
figures.published(axes, cube.pieces, cube.label, "orange")
figures.legend(figure, axes, columns=2)
page.figure(
    figure,
    "regions",
    "Limits at 90 % CL: what lies to the right of a line is excluded, but IceCube allows what its curve "
    "encloses. MiniBooNE, CDHS and CCFR: Δχ² = {wilks:0.90, 1} above the best amplitude at the same "
    "splitting (a raster scan). MINOS+ as released, calibrated by fake experiments, with θ14 = 0.",
    alt=(
        "Limits on the disappearance of muon neutrinos; MINOS+ is the strongest below ten electronvolt "
        "squared."
    ),
    shows=["miniboone", "cdhs", "ccfr", "minos-sterile"],
)

# %% [markdown]
# ## Limits at a few splittings

# %%
rows = []
for dm2 in (0.3, 1.0, 3.0, 10.0, 30.0):
    name, own = f"{dm2:g}".replace(".", "_"), []
    for side in (*sides.values(), joint):
        (limit,) = raster_limits(side.analysis, "sin2_2theta_mumu", "dm2_41", [dm2], at_90, tried)
        own.append(page.result(f"{side.key}.limit.{name}", float(limit), method="raster, Δχ² = 2.71"))
    lowest = min(minos.crossings(dm2), default=np.nan)
    own.append(page.result(f"minos.limit.{name}", lowest, method="official contour"))
    rows.append([f"{dm2:g}", *(f"{value:.3f}" for value in own)])
page.table(
    "Largest $\\sin^2 2\\theta_{\\mu\\mu}$ allowed at 90 % CL.",
    ["Δm² (eV²)", *(side.title for side in sides.values()), "the three together", "MINOS+"],
    rows,
    note="Δχ² = {wilks:0.90, 1} above the best amplitude at the same splitting; of MINOS+ the official "
    "contour, which "
    "is made otherwise.",
)

# %% [markdown]
# ## Do they agree?

# %%
together = page.test(*sides.values(), best_fit="", pulls=False)
page.tensions("Parameter goodness of fit of MiniBooNE νμ, CDHS and CCFR.", [together])

# %%
word = verdicts.evidence(both["joint"])
page.result("verdict", word, method=both["joint"].method)
at_one = page.results["minos.limit.1"]["value"]
page.verdict(
    word,
    f"MiniBooNE's νμ, CDHS and CCFR together show {word} of disappearance "
    f"({verdicts.sigmas(joint.significance)} by Wilks' theorem, as MiniBooNE's table makes no toys), at "
    f"{joint.point['dm2_41']:.0f} eV². CDHS and CCFR, of which toys can be made, show "
    f"{both['cdhs-and-ccfr'].said}. "
    f"At 1 eV² MINOS+ leaves sin²2θμμ below {at_one:.3f}: an appearance of νe by 3+1 has to live with that.",
)
