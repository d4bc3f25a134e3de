# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What would be tested
#
# Neutrinos of ⁸B leave the Sun almost as $\nu_2$, so that
#
# $$P(\nu_e\to\nu_e) \approx (1-|U_{e4}|^2)^2\,\sin^2\theta_{12} + |U_{e4}|^4.$$
#
# A measured survival probability and a measured $\theta_{12}$ give $|U_{e4}|^2$. JUNO has $\theta_{12}$ from
# reactors, so that the Sun need not give both. What is missing here is the other side: the rates of SNO,
# Super-Kamiokande, Borexino and of solar gallium, and a model of the Sun for all but the first.

# %%
import numpy as np

from nuanomaly import fit, model
from nuanomaly.likelihood.parameter_surface import ParameterSurface
from nuanomaly.report import context, figures
from nuanomaly.report.words import number

page = context.here()
juno = page.likelihood("juno")
assert isinstance(juno, ParameterSurface)  # its axes and values are drawn
angle = juno.axes[1].values
splitting = juno.axes[0].values
profile = juno.table.min(axis=0) - juno.table.min()
best = float(angle[profile.argmin()])
sides = [
    float(np.interp(0.0, (profile - 1.0)[part][::step], angle[part][::step]))
    for part, step in ((slice(0, profile.argmin() + 1), -1), (slice(profile.argmin(), None), 1))
]
error = 0.5 * (sides[1] - sides[0])
page.result("juno.sin2_theta12", best, method="lowest point of the released table")
page.result("juno.error", error, method="half of where Δχ² is below one, Δm²21 profiled")

# %%
figure, axes = figures.new(7.3, 4.6)
figures.region(
    axes, angle, 1e5 * splitting, juno.table - juno.table.min(), page.levels, "JUNO, 59.1 days", "blue"
)
figures.best_fit(axes, best, 1e5 * float(splitting[juno.table.min(axis=1).argmin()]), "best fit", "blue")
axes.set(
    xlabel="$\\sin^2\\theta_{12}$",
    ylabel="$\\Delta m^2_{21}$ ($10^{-5}$ eV²)",
    xlim=(0.28, 0.34),
    ylim=(7.1, 7.9),
)
figures.legend(figure, axes, 2)
page.figure(
    figure,
    "theta12",
    "θ12 and Δm²21 from the released Δχ² of JUNO.",
    alt="An ellipse around 0.309 and 7.5e-5 eV².",
    shows=["juno"],
    regions=True,
)

# %% [markdown]
# ## How sharp the test could be
#
# If the survival probability of ⁸B were known without error, the error of $\theta_{12}$ alone would remain:

# %%
gallium = page.likelihood("gallium")
wanted = fit(gallium, model(page.model), grid=page.grid)
amplitude = wanted.parameters["sin2_2theta_ee"]
element = 0.5 * amplitude / (1.0 + np.sqrt(1.0 - amplitude))
page.record("gallium.best_fit", wanted.parameters)
page.result("gallium.Ue4_sq", float(element), meaning="|Ue4|² of gallium's best fit")


def survival(Ue4_sq: float, sin2_theta12: float) -> float:
    """Return P(νe→νe) of ⁸B neutrinos that leave the Sun as the second state."""
    return (1.0 - Ue4_sq) ** 2 * sin2_theta12 + Ue4_sq**2


slope = (survival(1e-6, best) - survival(0.0, best)) / 1e-6
left = error / abs(slope)
page.result("left.Ue4_sq", left, meaning="error of |Ue4|² from that of θ12, survival probability exact")
page.result("gallium.over_left", float(element / left))
lost = 1.0 - survival(element, best) / survival(0.0, best)
page.result("gallium.lost", float(lost), meaning="part of the ⁸B neutrinos that gallium's mixing would take")
page.table(
    "What gallium's mixing would do to ⁸B neutrinos, and what θ12 alone leaves open.",
    ["quantity", "value"],
    [
        ["$|U_{e4}|^2$ of gallium's best fit", f"{element:.3f}"],
        ["loss of νe from ⁸B", f"{100 * lost:.1f} %"],
        ["error of θ12 as one of $|U_{e4}|^2$", f"{left:.4f}"],
        ["ratio", f"{element / left:.1f}"],
    ],
    note="Not a limit: the errors of the solar rates and of the model of the Sun come on top and are larger.",
)

# %%
page.result("verdict", "not tested")
page.verdict(
    "not tested",
    f"JUNO alone says nothing of |Ue4|². With sin²θ12 = {best:.4f} ± {error:.4f} it takes θ12 out of the "
    f"solar test: the mixing of gallium would take {number(100 * lost, 2)} % of the ⁸B neutrinos, "
    f"{number(element / left, 2)} times what the error of θ12 still hides. The solar rates that the test "
    "needs are not in the archive; {cite:Giunti2022} quotes a parameter goodness of fit of 10.3 "
    "for two "
    "degrees of freedom between gallium and the Sun, which can be neither reproduced nor refuted here.",
)
