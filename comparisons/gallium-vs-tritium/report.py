# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is compared
#
# The electrons of tritium decay share their energy with a neutrino. A neutrino of mass $m_4$ that
# couples with
# $|U_{e4}|^2$ would take a branch of the spectrum away within $m_4$ of its end. In the plane of
# oscillations that is
#
# $$\Delta m^2_{41} \approx m_4^2, \qquad \sin^2 2\theta_{ee} = 4|U_{e4}|^2(1-|U_{e4}|^2).$$
#
# Gallium constrains the same two numbers by counting. Where it has only a lower bound on $\Delta
# m^2_{41}$, as its
# oscillation has averaged out, tritium can set an upper one.

# %%
import numpy as np

from nuanomaly import level, region
from nuanomaly.report import context, figures
from nuanomaly.report.words import number

page = context.here()
gallium = page.side("gallium", title="Gallium, Bahcall 1997")
page.record_side(gallium, "best_fit")

# %%
shown = {"katrin": ("#00344f", "solid"), "mainz-95": ("green", "dashed"), "troitsk-95": ("purple", "dotted")}
curves = {name: page.contour(name).by_splitting() for name in shown}
figure, axes = figures.new(7.3, 6.2)
figures.plane(axes, "sin2_2theta_ee", "dm2_41", (0.01, 1.0), (0.1, 1000.0))
figures.scan(axes, gallium.scan, page.levels, gallium.title, "vermillion", above=gallium.fit.value)
for name, (colour, line) in shown.items():
    figures.published(axes, curves[name].pieces, curves[name].label, colour, line)
figures.legend(figure, axes, columns=2)
page.figure(
    figure,
    "regions",
    "Region that all gallium experiments allow, and limits of tritium: what lies to the right of and "
    "above a curve is excluded. The curves were read off figures.",
    alt="Gallium's band of amplitude rises to large splittings, where the curve of KATRIN cuts it off.",
    shows=["gallium"],
    regions=True,
)

# %% [markdown]
# ## Where they meet
#
# At each splitting gallium allows an interval of amplitudes, and tritium everything below its curve.
# Where the curve
# is below the whole interval, the splitting is excluded, at the level of both.

# %%
allowed = region(gallium.scan, level(0.95, 2), gallium.fit.value)
amplitudes = gallium.scan.axis("sin2_2theta_ee").values
splittings = gallium.scan.axis("dm2_41").values
rows = []
for name, curve in curves.items():
    ((_, dm2),) = curve.pieces
    limit = curve.amplitude(splittings)  # below the curve nothing is excluded
    below = amplitudes < np.where(splittings < dm2.min(), np.inf, limit)[:, None]
    left = splittings[(allowed & below).any(axis=1) & (splittings <= dm2.max())]
    key = name.partition("-")[0]
    highest = page.result(
        f"{key}.crossing_high",
        float(left.max()),
        unit="eV**2",
        meaning="largest splitting that gallium and this limit both allow at 95 %, within the curve",
    )
    at_ten = page.result(f"{key}.limit_at_ten", float(curve.amplitude(10.0)))
    covers = f"{dm2.min():.1f} to {dm2.max():.0f}"
    rows.append([curve.about["experiment"], covers, at_ten, highest, curve.about["reference"]])
page.table(
    "Limits of tritium, and the largest splitting at which gallium's 95 % region is not excluded by them.",
    [
        "experiment",
        "curve covers Δm² (eV²)",
        "$\\sin^2 2\\theta_{ee}$ at 10 eV²",
        "gallium survives up to (eV²)",
        "paper",
    ],
    rows,
    note="Digitised curves, joined by straight lines in the logarithms. Not a joint confidence region.",
)

# %% [markdown]
# ## Wilks' theorem and Monte Carlo
#
# Of tritium there are curves only, so that nothing can be tested with it. Gallium alone can be.

# %%
both = page.side_by_side(
    {
        "gallium-vs-reactor-rates/gallium": ("Gallium (Bahcall), no oscillation", gallium.significance),
        "katrin": ("Gallium and KATRIN", None),
    },
    katrin="a curve that was read off a figure is no data",
)
either = both["gallium-vs-reactor-rates/gallium"]

# %%
crossing = page.results["katrin.crossing_high"]["value"]
page.verdict(
    "not tested",
    f"An overlay, not a test: KATRIN's curve lies below all amplitudes that gallium allows at 95 % above "
    f"{number(crossing, 2)} eV². The best fit of gallium, {gallium.point['dm2_41']:.2f} eV² and sin²2θ = "
    f"{gallium.point['sin2_2theta_ee']:.2f}, is below what tritium sees. Tritium turns gallium's lower "
    "bound on the "
    f"splitting into an interval. Gallium alone is {either.sigmas} from no oscillation by Monte Carlo.",
)
