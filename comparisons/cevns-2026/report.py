# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## One law
#
# Coherent scattering grows with the square of the weak charge, $Q_W = N - (1-4\sin^2\theta_W) Z$, which is
# close to the number of neutrons. A strength of one is the standard model. Where the archive has a likelihood
# the strength is fitted, with all uncertainties; elsewhere it is the published number of events over the
# expectation.

# %%
import math

import numpy as np

from nuanomaly.inference.limits import around
from nuanomaly.inference.significance import log_p_value
from nuanomaly.likelihood.cevns.cross_section import SIN2_THETA_W
from nuanomaly.report import context, figures
from nuanomaly.report.verdicts import probability
from nuanomaly.report.words import number

page = context.here()
# mean numbers of neutrons: standard atomic weights less the number of protons (PDG 2024, periodic table)
KEYS = {"csi": 76.0, "argon": 22.0, "xenon": 77.3, "charge": 77.3}
GERMANIUM = 40.6
strengths = np.linspace(0.0, 4.0, 401)
angles = np.linspace(0.05, 0.6, 276)
rows, found = [], {}
for key in KEYS:
    own = page.likelihood(key)
    curve = np.asarray(own.chi2(page.model, cevns_strength=strengths))
    value, low, high = around(strengths, curve)
    tension = float(np.sqrt(max(np.interp(1.0, strengths, curve) - curve.min(), 0.0)))
    seen = float(np.sqrt(max(curve[0] - curve.min(), 0.0)))
    turned = np.asarray(own.chi2(page.model, sin2_theta_w=angles))
    found[key] = (value, low, high, turned - turned.min())
    page.result(f"strength.{key}.value", value, method="lowest −2 ln L, nuisances profiled")
    page.result(f"strength.{key}.low", low)
    page.result(f"strength.{key}.high", high)
    page.result(f"strength.{key}.from_standard", tension, method="√ of the difference of −2 ln L")
    page.result(f"strength.{key}.significance", seen, method="√ of the difference of −2 ln L")
    page.result(f"angle.{key}.value", float(angles[turned.argmin()]))
    rows.append(
        [
            page.title(key),
            f"{value:.2f} ({low:.2f} to {high:.2f})",
            f"{seen:.1f}σ",
            f"{tension:.1f}σ",
            "archive",
        ]
    )
published = page.release("cevns-experiments")
counts = published.table("counts").set_index("measurement")
conus = counts.loc["CONUS+ 2025"]
ratio = float(np.divide(conus["events"], conus["predicted"]))
error = float(
    ratio * np.hypot(conus["plus"] / conus["events"], conus["predicted_error"] / conus["predicted"])
)
page.result("strength.conus.value", ratio, method="published events over published expectation")
page.result("strength.conus.error", error)
rows.append(
    ["CONUS+ (germanium)", f"{ratio:.2f} ± {error:.2f}", "", f"{abs(ratio - 1.0) / error:.1f}σ", "published"]
)
errors_of = {entry["key"]: entry["uncertainty"] for entry in page.comparison.metadata["cited"]}
sun, sno = page.cited("pandax.flux"), page.cited("sno.flux")
pandax = sun / sno
pandax_error = float(pandax * np.hypot(errors_of["pandax.flux"] / sun, errors_of["sno.flux"] / sno))
page.result("strength.pandax.value", pandax, method="published flux of ⁸B neutrinos over that of SNO")
page.result("strength.pandax.error", pandax_error)
rows.append(
    [
        "PandaX-4T (xenon)",
        f"{pandax:.2f} ± {pandax_error:.2f}",
        "",
        f"{abs(pandax - 1.0) / pandax_error:.1f}σ",
        "published",
    ]
)
for name, row in published.table("significances").set_index("measurement").iterrows():
    if name in ("COHERENT Ge-Mini 2024", "LZ 2025"):
        rows.append([name, "not published here", f"{row['sigma']:.1f}σ", "", "published"])
page.table(
    "Strength over the standard model, how far it is from none and from one.",
    ["measurement", "strength", "seen at", "from the standard model", "from"],
    rows,
    note="Where data prefer a strength below zero the lowest allowed value, zero, is given. PandaX-4T: a "
    "flux of "
    f"{sun:g}e6 per cm² and s {{cite:PandaX2024B8, listings of the Particle Data Group}} over {sno:g}e6 "
    "{cite:SNO2013, abstract}.",
)

# %%
figure, axes = figures.new(7.3, 4.4)
neutrons = np.linspace(10.0, 85.0, 100)
figures.curve(axes, neutrons, neutrons**2, "$N^2$ of the standard model", "grey")
for (key, number_of), colour, shift in zip(
    KEYS.items(), ("blue", "green", "vermillion", "orange"), (0.0, 0.0, -0.7, 0.7), strict=True
):
    value, low, high, _ = found[key]
    scale = number_of**2
    errors = np.array([[scale * (value - low)], [scale * (high - value)]])
    figures.points(axes, [number_of + shift], [scale * value], errors, page.title(key), colour)
figures.points(
    axes, [GERMANIUM], [GERMANIUM**2 * ratio], [GERMANIUM**2 * error], "CONUS+, published", "black", "s"
)
xenon = KEYS["xenon"]
figures.points(
    axes, [xenon + 2.0], [xenon**2 * pandax], [xenon**2 * pandax_error], "PandaX-4T, published", "grey", "s"
)
axes.set(xlabel="mean number of neutrons $N$", ylabel="strength × $N^2$", ylim=(0.0, 17000.0))
figures.legend(figure, axes, 3)
page.figure(
    figure,
    "strength",
    "Fitted strength times the square of the mean number of neutrons of the target. Neutrinos and recoils "
    "differ: each is relative to the standard model of its own source.",
    alt="Argon, germanium, caesium iodide and xenon follow the square; XENONnT with charge alone lies low.",
    shows=["csi", "argon", "xenon", "charge"],
)

# %%
figure, axes = figures.new(7.3, 4.0)
for key, colour in zip(KEYS, ("blue", "green", "vermillion", "orange"), strict=True):
    figures.curve(axes, angles, found[key][3], page.title(key), colour)
for height in (1.0, 4.0):
    axes.axhline(height, color="#767676", linewidth=0.8, linestyle="dotted")
axes.axvline(SIN2_THETA_W, color="#767676", linewidth=0.8)
axes.set(xlabel="$\\sin^2\\theta_W$ at low momentum", ylabel="Δ(−2 ln L)", ylim=(0.0, 9.0))
figures.legend(figure, axes, 2)
page.figure(
    figure,
    "angle",
    "Difference of −2 ln L against the weak mixing angle, nuisances profiled. Dotted: 1σ and 2σ. Line: the "
    "standard model at low momentum.",
    alt="Curves of COHERENT are lowest near 0.22; those of the Sun are flat.",
    shows=["csi", "argon", "xenon", "charge"],
)

# %%
furthest = max(KEYS, key=lambda key: page.results[f"strength.{key}.from_standard"]["value"])
away = page.results[f"strength.{furthest}.from_standard"]["value"]
# the furthest of several is far by chance more often than any one of them
none_of_them = (1.0 - math.exp(log_p_value(away**2, 1))) ** len(KEYS)
any_of_them = page.result("furthest.p_value", 1.0 - none_of_them, method="Wilks")
word = "agrees" if away < 2.0 else "one is off" if away < 3.0 else "does not agree"
page.result("verdict", word)
page.verdict(
    word,
    f"COHERENT finds {found['csi'][0]:.2f} of the standard strength on CsI and {found['argon'][0]:.2f} on "
    f"argon, CONUS+ {ratio:.2f} on germanium, XENONnT {found['xenon'][0]:.2f} with light and charge and "
    f"{found['charge'][0]:.2f} with charge alone. The furthest from the standard model is "
    f"{page.title(furthest)}, {number(away, 2)}σ away; one of {len(KEYS)} independent ones would be so far, "
    f"or further, with p = {probability(any_of_them)}.",
)
