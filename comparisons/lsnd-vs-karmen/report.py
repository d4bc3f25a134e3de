# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is tested
#
# A muon that decays at rest gives a $\bar\nu_\mu$ of known spectrum, up to 52.8 MeV {cite:Church2002}, and no
# $\bar\nu_e$. LSND and
# KARMEN both looked for $\bar\nu_e$ in it by inverse beta decay. Source, energies and reaction are the
# same; what
# differs is the distance, 30 m {cite:LSND2001} and 17.7 m {cite:KARMEN2002}. An oscillation
#
# $$P(\bar\nu_\mu\to\bar\nu_e) = \sin^2 2\theta_{\mu e}\,\sin^2\left(1.267\,\frac{\Delta
# m^2_{41}\,L}{E}\right)$$
#
# that is slow at both has a probability that grows with $L^2$, nearly three times larger in LSND. One
# that has
# averaged out is the same in both: there KARMEN should have seen what LSND saw.

# %%
import numpy as np

from nuanomaly import Significance, level
from nuanomaly.inference.limits import crossing
from nuanomaly.report import context, figures, tension, verdicts

page = context.here()
everything = page.side("lsnd", mode="dar-dif", key="lsnd-all", title="LSND, all data")
cut = "its table of decay at rest is cut off at 50, and its value of no oscillation inferred from fillers"
done = page.standard(contours=["lsnd-99"], lines=[everything], untested={"lsnd": cut}, verdict=False)
lsnd, karmen, joint = done.sides["lsnd"], done.sides["karmen"], done.tension
page.text(
    "What is left of LSND lies at small splittings, where KARMEN is too close, and in a band around 6 to "
    "8 eV²."
)

# %% [markdown]
# ## The data of KARMEN

# %%
spectrum = page.release("karmen").table("spectrum")
expected = {
    name: karmen.predict(**side.point) - spectrum["background"].to_numpy()
    for name, side in (("all data", everything), ("decay at rest", lsnd))
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
    f"The best fit of LSND at {everything.point['dm2_41']:.2f} eV² would have added "
    f"{expected['all data'].sum():.1f} events, that of its decay at rest alone, at "
    f"{lsnd.point['dm2_41']:.3f} eV², {expected['decay at rest'].sum():.1f}. Errors are statistical.",
    alt=(
        "Energy spectrum of KARMEN: candidates agree with the background; the signal of LSND would lie above."
    ),
    shows=["karmen"],
)

# %% [markdown]
# ## KARMEN's limits
#
# KARMEN's likelihood here is made of these nine bins. Its limits are the check.

# %%
at_90, amplitude, least = level(0.90, 2), "sin2_2theta_mue", karmen.fit.value
splitting = crossing(karmen.analysis, "dm2_41", {amplitude: 1.0}, at_90, least, (0.01, 0.1))
large = crossing(karmen.analysis, amplitude, {"dm2_41": 100.0}, at_90, least, (1e-3, 1e-2))
weaker = 1.7e-3 / large
page.result("karmen.limit_full_mixing", splitting, unit="eV**2", method="Wilks, Δ = 4.61")
page.result("karmen.limit_large_dm2", large, method="Wilks, Δ = 4.61, at 100 eV²")
page.result("karmen.scale", weaker, meaning="published limit at large Δm² over the one found here")
page.table(
    "Limits of KARMEN at 90 % CL: nine bins here, single events in the paper.",
    ["limit", "here", "published"],
    [
        ["Δm² at full mixing (eV²)", f"{splitting:.4f}", "0.055"],
        ["sin²2θ at 100 eV²", f"{large:.2e}", "1.7e-03"],
    ],
    note=f"The published limit on the amplitude is {weaker:.2f} times weaker.",
)

# %% [markdown]
# ## With other data and other ranges
#
# The note repeats the first row with KARMEN's expected signal divided by the factor of the table above,
# so that
# its limit is the published one.

# %%
low = 0.2
above = page.test(
    lsnd,
    karmen,
    key="pg-above",
    title=f"decay at rest, Δm² above {low} eV²",
    grid={**page.grid, "dm2_41": (low, 100.0, 141, "log")},
)
with_all = page.test(everything, karmen, key="pg-all", title="all data of LSND")
splittings = np.geomspace(0.01, 100.0, 401)[:, None]
amplitudes = np.geomspace(4e-4, 1.0, 401)[None, :]
total = lsnd.likelihood.chi2(
    page.model, dm2_41=splittings, sin2_2theta_mue=amplitudes
) + karmen.likelihood.chi2(page.model, dm2_41=splittings, sin2_2theta_mue=amplitudes / weaker)
scaled = Significance(
    float(total.min()) - lsnd.fit.value - karmen.fit.value, joint.pg.dof, against="compatibility"
)
page.record("pg-weaker", tension.goodness(scaled), "Wilks, on a grid of 401 × 401 points")
place = np.unravel_index(int(total.argmin()), total.shape)
page.tensions(
    "The test with other data, another range, and a weaker KARMEN.",
    [joint.titled("decay at rest"), above, with_all],
    "LSND's data",
    note=(
        f"With KARMEN as weak as published: χ²PG = {scaled.delta:.2f}, p = "
        f"{verdicts.probability(scaled.p_value)}, at {float(splittings[place[0], 0]):.3f} eV² and "
        f"{float(amplitudes[0, place[1]]):.3f}."
    ),
)

# %%
page.verdict(
    done.word,
    f"LSND's decay at rest and KARMEN are {done.word} as one oscillation (χ²PG = {joint.pg.delta:.1f} for "
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
