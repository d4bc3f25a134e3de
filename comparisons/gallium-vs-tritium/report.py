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

from nuanomaly.inference.contours import level
from nuanomaly.inference.fit import fit, significance
from nuanomaly.inference.scan import scan
from nuanomaly.model.registry import model
from nuanomaly.report import context, figures
from nuanomaly.report.words import number

page = context.here()
disappearance = model(page.model)
gallium = page.likelihood("gallium")
best = fit(gallium, disappearance, grid=page.grid)
page.record("gallium.best_fit", best.parameters)
region = scan(gallium, disappearance, grid=page.grid)

# %%
curves = page.release("contours").table("nue-disappearance")
index = page.release("contours").table("index").set_index("contour")
shown = {
    "katrin": ("KATRIN, 95 % CL", "#00344f", "solid"),
    "mainz-95": ("Mainz, 95 % CL", "green", "dashed"),
    "troitsk-95": ("Troitsk, 95 % CL", "purple", "dotted"),
}
figure, axes = figures.new(7.3, 6.2)
figures.plane(axes, "sin2_2theta_ee", "dm2_41", (0.01, 1.0), (0.1, 1000.0))
figures.region(
    axes,
    region.axis("sin2_2theta_ee").values,
    region.axis("dm2_41").values,
    region.delta(best.value),
    page.levels,
    "Gallium, Bahcall 1997",
    "vermillion",
)
points = {}
for name, (label, colour, line) in shown.items():
    found = curves[curves["contour"] == name].sort_values("dm2_41")
    points[name] = (found["dm2_41"].to_numpy(), found["sin2_2theta"].to_numpy())
    figures.published(axes, [points[name][::-1]], f"{label} (digitised)", colour, line)
figures.legend(figure, axes, columns=2)
page.figure(
    figure,
    "regions",
    "Region that all gallium experiments allow, and limits of tritium: what lies to the right of and "
    "above a curve "
    "is excluded. The curves were read off figures.",
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
critical = level(0.95, 2).delta
delta, amplitudes = region.delta(best.value), region.axis("sin2_2theta_ee").values
splittings = region.axis("dm2_41").values
rows = []
for name, (label, _, _) in shown.items():
    dm2, limits = points[name]
    limit = np.interp(np.log(splittings), np.log(dm2), np.log(limits), left=0.0, right=np.nan)
    allowed = delta <= critical
    # from here on no allowed amplitude is below the curve
    free = np.array(
        [(amplitudes[row] < np.exp(edge)).any() for row, edge in zip(allowed, limit, strict=True)]
    )
    inside = ~np.isnan(limit)
    left = splittings[free & inside]
    highest = page.result(
        f"{name.partition('-')[0]}.crossing_high",
        float(left.max()),
        unit="eV**2",
        meaning="largest splitting that gallium and this limit both allow at 95 %, within the curve",
    )
    at_ten = page.result(
        f"{name.partition('-')[0]}.limit_at_ten",
        float(np.exp(np.interp(np.log(10.0), np.log(dm2), np.log(limits)))),
    )
    rows.append([label, f"{dm2.min():.1f} to {dm2.max():.0f}", at_ten, highest, index.loc[name, "reference"]])
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
alone = significance(gallium, disappearance, grid=page.grid, best=best)
both = page.side_by_side(
    {
        "gallium-vs-reactor-rates/gallium": ("Gallium (Bahcall) against no oscillation", alone),
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
    f"{number(crossing, 2)} eV². The best fit of gallium, {best.parameters['dm2_41']:.2f} eV² and sin²2θ = "
    f"{best.parameters['sin2_2theta_ee']:.2f}, is below what tritium sees. Tritium turns gallium's lower "
    "bound on the "
    f"splitting into an interval. Gallium alone is {either.sigmas} from no oscillation by Monte Carlo.",
)
