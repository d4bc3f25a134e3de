# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is tested
#
# A muon that decays at rest gives a $\bar\nu_\mu$ of known spectrum, up to 52.8 MeV, and no
# $\bar\nu_e$. LSND and
# KARMEN both looked for $\bar\nu_e$ in it by inverse beta decay. Source, energies and reaction are the
# same; what
# differs is the distance, 30 m and 17.7 m. An oscillation
#
# $$P(\bar\nu_\mu\to\bar\nu_e) = \sin^2 2\theta_{\mu e}\,\sin^2\left(1.267\,\frac{\Delta
# m^2_{41}\,L}{E}\right)$$
#
# that is slow at both has a probability that grows with $L^2$, nearly three times larger in LSND. One
# that has
# averaged out is the same in both: there KARMEN should have seen what LSND saw.

# %%
import numpy as np
from scipy.optimize import brentq

from nuanomaly.inference.compatibility import compare
from nuanomaly.inference.contours import level
from nuanomaly.inference.fit import fit, significance
from nuanomaly.inference.scan import scan
from nuanomaly.inference.significance import Significance
from nuanomaly.model.registry import model
from nuanomaly.report import context, figures, verdicts

page = context.here()
appearance = model(page.model)
lsnd = page.likelihood("lsnd")
everything = page.likelihood("lsnd", mode="dar-dif")
karmen = page.likelihood("karmen")

# %% [markdown]
# ## The data of KARMEN

# %%
spectrum = page.release("karmen").table("spectrum")
lsnd_fit = fit(lsnd, appearance, grid=page.grid)
all_fit = fit(everything, appearance, grid=page.grid)
karmen_fit = fit(karmen, appearance, grid=page.grid)
expected = {
    name: karmen.predict(appearance, **found.parameters) - spectrum["background"].to_numpy()
    for name, found in (("all data", all_fit), ("decay at rest", lsnd_fit))
}
page.result("karmen.expected_at_lsnd", expected["all data"].sum(), unit="event")
edges = np.append(spectrum["energy_low"], spectrum["energy_high"].iloc[-1])
figure, axes = figures.new(7.3, 3.7)
figures.spectrum(
    axes,
    edges,
    {"background": spectrum["background"]},
    spectrum["observed"],
    np.sqrt(spectrum["observed"]),
    added={f"with the best fit of LSND, {name}": value for name, value in expected.items()},
    xlabel="prompt visible energy (MeV)",
    ylabel="events",
)
figures.legend(figure, axes)
page.figure(
    figure,
    "karmen-data",
    f"KARMEN: {int(spectrum['observed'].sum())} candidates over a background of "
    f"{spectrum['background'].sum():.1f}. "
    f"The best fit of LSND at {all_fit.parameters['dm2_41']:.2f} eV² would have added "
    f"{expected['all data'].sum():.1f} events, that of its decay at rest alone, at "
    f"{lsnd_fit.parameters['dm2_41']:.3f} eV², {expected['decay at rest'].sum():.1f}. Errors are "
    "statistical.",
    alt=(
        "Energy spectrum of KARMEN: candidates agree with the background; the signal of LSND would lie above."
    ),
    shows=["karmen"],
)

# %% [markdown]
# ## Where each data set wants to be
#
# KARMEN's likelihood here is made of these nine bins. Its limits are the first check.

# %%
limit = level(0.90, 2).delta


def rise(parameter, value, fixed):
    """How far KARMEN rises above its best fit."""
    return karmen.chi2(appearance, **fixed, **{parameter: value}) - karmen_fit.value


splitting = brentq(lambda v: rise("dm2_41", v, {"sin2_2theta_mue": 1.0}) - limit, 0.01, 0.1)
amplitude = brentq(lambda v: rise("sin2_2theta_mue", v, {"dm2_41": 100.0}) - limit, 1e-3, 1e-2)
published = 1.7e-3
weaker = published / amplitude
page.result("karmen.limit_full_mixing", splitting, unit="eV**2", method="Wilks, Δ = 4.61")
page.result("karmen.limit_large_dm2", amplitude, method="Wilks, Δ = 4.61, at 100 eV²")
page.result("karmen.scale", weaker, meaning="published limit at large Δm² over the one found here")
page.table(
    "Limits of KARMEN at 90 % CL: nine bins here, single events in the paper.",
    ["limit", "here", "published"],
    [
        ["Δm² at full mixing (eV²)", f"{splitting:.4f}", "0.055"],
        ["sin²2θ at 100 eV²", f"{amplitude:.2e}", "1.7e-03"],
    ],
    note=f"The published limit on the amplitude is {weaker:.2f} times weaker.",
)

# %%
contours = page.release("contours").table("nue-appearance")
figure, axes = figures.new(7.3, 6.2)
figures.plane(axes, "sin2_2theta_mue", "dm2_41", (4e-4, 1.0), (0.01, 100.0))
for member, best, name, colour, kind in (
    (lsnd, lsnd_fit, "LSND, decay at rest", "blue", "allowed"),
    (everything, all_fit, "LSND, all data", "sky", "lines"),
    (karmen, karmen_fit, "KARMEN 2, excluded", "vermillion", "excluded"),
):
    found = scan(member, appearance, grid=page.grid)
    figures.region(
        axes,
        found.axis("sin2_2theta_mue").values,
        found.axis("dm2_41").values,
        found.delta(best.value),
        page.levels,
        name,
        colour,
        kind,
    )
reading = contours[contours["contour"] == "lsnd-99"]
figures.published(
    axes,
    [(piece["sin2_2theta"], piece["dm2_41"]) for _, piece in reading.groupby("piece")],
    "LSND, 99 % CL, published (digitised)",
    "#00344f",
)
joint = compare([lsnd, karmen], appearance, grid=page.grid)
figures.best_fit(
    axes, joint.best_fit["sin2_2theta_mue"], joint.best_fit["dm2_41"], "best fit, both", "black", "o"
)
figures.legend(figure, axes, columns=2)
page.figure(
    figure,
    "regions",
    "Allowed regions of LSND from decay at rest (filled) and from all its data (lines), and what KARMEN "
    "excludes at "
    "90 % CL (shaded, solid line; dashed 99 %). What is left of LSND lies at small splittings, where "
    "KARMEN is too "
    "close, and in a band around 6 to 8 eV².",
    alt="LSND's band of amplitude and splitting; KARMEN excludes its upper right part.",
    shows=["lsnd", "karmen"],
    regions=True,
)

# %% [markdown]
# ## Do they agree?
#
# The parameter goodness of fit asks what it costs to describe both with the same pair of parameters,
#
# $$\chi^2_\mathrm{PG} = \min_\theta \sum_i \chi^2_i(\theta) - \sum_i \min_\theta \chi^2_i(\theta).$$
#
# The last row repeats the first with KARMEN's expected signal divided by the factor of the table above,
# so that
# its limit is the published one.

# %%
with_all = compare([everything, karmen], appearance, grid=page.grid)
low = 0.2
above = compare([lsnd, karmen], appearance, grid={**page.grid, "dm2_41": (low, 100.0, 141, "log")})
for key, found in (("pg", joint), ("pg-all", with_all), ("pg-above", above)):
    page.record(
        key,
        {"chi2": found.pg.delta, "dof": found.pg.dof, "p_value": found.pg.p_value, "sigma": found.pg.sigma},
        found.pg.how,
    )
page.record("joint.best_fit", joint.best_fit)
for key, part in zip(("lsnd", "karmen"), joint.parts, strict=True):
    page.result(f"{key}.pull", part.pull, meaning="share of χ²_PG")

splittings = np.geomspace(0.01, 100.0, 401)[:, None]
amplitudes = np.geomspace(4e-4, 1.0, 401)[None, :]
total = lsnd.chi2(appearance, dm2_41=splittings, sin2_2theta_mue=amplitudes) + karmen.chi2(
    appearance, dm2_41=splittings, sin2_2theta_mue=amplitudes / weaker
)
scaled = Significance(
    float(total.min()) - lsnd_fit.value - karmen_fit.value, joint.pg.dof, against="compatibility"
)
page.record(
    "pg-weaker",
    {"chi2": scaled.delta, "p_value": scaled.p_value, "sigma": scaled.sigma},
    "Wilks, on a grid of 401 × 401 points",
)
where = np.unravel_index(int(total.argmin()), total.shape)
rows = [
    [name, f"{f.pg.delta:.2f}", f.pg.dof, verdicts.probability(f.pg.p_value), f"{f.pg.sigma:.1f}"]
    + [f"{part.pull:.2f}" for part in f.parts]
    + [f.best_fit["dm2_41"], f.best_fit["sin2_2theta_mue"]]
    for name, f in (
        ("decay at rest", joint),
        (f"…Δm² > {low} eV²", above),
        ("all data of LSND", with_all),
    )
]
rows.append(
    [
        "decay at rest, KARMEN weaker",
        f"{scaled.delta:.2f}",
        scaled.dof,
        verdicts.probability(scaled.p_value),
        f"{scaled.sigma:.1f}",
        "–",
        "–",
        float(splittings[where[0], 0]),
        float(amplitudes[0, where[1]]),
    ]
)
page.table(
    "Parameter goodness of fit, the pull of each experiment, and the common best fit.",
    [
        "LSND's data",
        "$\\chi^2_\\mathrm{PG}$",
        "dof",
        "p",
        "σ",
        "LSND's pull",
        "KARMEN's",
        "Δm² (eV²)",
        "$\\sin^2 2\\theta_{\\mu e}$",
    ],
    rows,
    note=f"{joint.pg.how}; degrees of freedom from ranks (2 + 2 − 2).",
)

# %% [markdown]
# ## Wilks' theorem and Monte Carlo
#
# Fake experiments need data that can fluctuate. Of LSND there is a table of its likelihood, so that neither
# its
# significance nor the compatibility can be calibrated; KARMEN's nine bins can.

# %%
alone = significance(karmen, appearance, grid=page.grid, best=karmen_fit)
page.record("karmen.significance", alone.to_dict(), alone.how)
surface = "a table of the likelihood says nothing of other data"
both = page.side_by_side(
    {
        "karmen": ("KARMEN against no oscillation", alone),
        "compatibility": ("LSND (decay at rest) and KARMEN, compatibility", joint.pg),
    },
    compatibility=surface,
)

# %% [markdown]
# ## How the verdict is worded

# %%
word = verdicts.compatibility(joint.pg)
page.result("verdict", word)
page.text(verdicts.THRESHOLDS)
page.verdict(
    word,
    f"LSND's decay at rest and KARMEN are {word} as one oscillation (χ²PG = {joint.pg.delta:.1f} for "
    f"{joint.pg.dof} "
    f"degrees of freedom, p = {verdicts.probability(joint.pg.p_value)} by Wilks' theorem, as LSND's table "
    "makes no toys; with KARMEN as weak as its "
    "published limit "
    f"{verdicts.probability(scaled.p_value)}). They meet at {joint.best_fit['dm2_41']:.3f} eV², where "
    "KARMEN is too "
    f"close to its source, with a mixing of {joint.best_fit['sin2_2theta_mue']:.2f} that other "
    "experiments exclude. "
    f"Above {low} eV² χ²PG is {above.pg.delta:.1f} (p = {verdicts.probability(above.pg.p_value)}): KARMEN "
    "excludes "
    "most of LSND's region, not all of it.",
)
