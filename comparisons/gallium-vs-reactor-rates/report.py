# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is tested
#
# If electron neutrinos mix with a heavier, sterile one, a part of them is gone after a distance $L$:
#
# $$P(\nu_e\to\nu_e) = 1 - \sin^2 2\theta_{ee}\,\sin^2\left(1.267\,\frac{\Delta m^2_{41}\,L}{E}\right),$$
#
# with $\Delta m^2_{41}$ in eV², $L$ in m and $E$ in MeV, and the same for antineutrinos. The neutrinos of
# the gallium sources have less than 1 MeV, those of reactors 2 to 8 MeV: an oscillation that is seen half a
# metre from a source of ⁵¹Cr is averaged out at most reactors, and shows there as a constant deficit of
# $\frac{1}{2}\sin^2 2\theta_{ee}$.

# %%
import numpy as np

from nuanomaly import FunctionModel, Parameter, fit, model
from nuanomaly.inference import mode_pairs
from nuanomaly.model.probabilities import Array
from nuanomaly.report import context, figures, tension, verdicts

page = context.here()

sections = {
    "bahcall": "Bahcall 1997",
    "ground-state": "ground state only",
    "haxton": "Haxton 1998",
    "frekers": "Frekers 2015",
    "barinov": "Barinov 2018",
    "kostensalo": "Kostensalo 2019",
    "semenov": "Semenov 2020",
    "elliott2023": "Elliott 2023",
}
#: Flux models that come with errors of their own.
fluxes = {"huber-mueller": "Huber–Mueller", "hkss": "HKSS"}
#: The summation model has none: what is assumed about them, and so about how its isotopes move together.
summation = {
    "summation-assigned-lent": "5 % (²³⁸U 10 %), correlation lent",
    "summation-assigned-common": "5 % (²³⁸U 10 %), all together",
    "summation-assigned-none": "5 % (²³⁸U 10 %), independent",
    "summation": "2 % (²³⁸U 11 %), errors lent as well",
}
assigned = [mode for mode in summation if mode != "summation"]
labels = {**fluxes, **{mode: f"summation, {said}" for mode, said in summation.items()}}
gallium = {
    mode: page.side("gallium", mode=mode, key=f"gallium.{mode}", title=f"Gallium, {name}")
    for mode, name in sections.items()
}
reactors = {
    mode: page.side("reactor-rates", mode=mode, key=f"reactor.{mode}", title=f"Reactor rates, {name}")
    for mode, name in labels.items()
}

# %% [markdown]
# ## The data
#
# ### Gallium
#
# Six measurements with sources of ⁵¹Cr and ³⁷Ar. The error of the cross section is common to all of them:
# it moves them together, and is not part of the error bars on the left. On the right, one factor common to
# all six rates is fitted for each cross-section model, with the likelihood of this archive.


# %%
def suppressed(initial: str, final: str, antineutrino: bool, L: Array, E: Array, *, ratio: Array) -> Array:
    """Return the same probability everywhere: one factor of all rates."""
    return ratio * np.ones_like(L) if initial == final else np.zeros_like(ratio * L)


constant = FunctionModel(
    suppressed,
    parameters=[Parameter("ratio", "1", 0.3, 1.3, "common factor of all rates", scan=(0.4, 1.2))],
    factor=True,
)
averages = {}
for mode, side in gallium.items():
    likelihood = side.likelihood
    found = fit(likelihood, constant, errors="minos")
    (below, above), best = found.errors["ratio"], found.parameters["ratio"]
    delta = likelihood.chi2(constant, ratio=1.0) - found.value
    averages[mode] = (best, -below, above, float(np.sqrt(delta)))
    page.record(f"gallium-ratio.{mode}", {"ratio": best, "minus": -below, "plus": above}, "Δχ² = 1")
    page.result(
        f"gallium-ratio.{mode}.sigma", float(np.sqrt(delta)), method="Wilks, 1 degree of freedom, two-sided"
    )

figure, (left, right) = figures.new(7.3, 3.9, 1, 2)
names, values, errors = [], [], []
for reference in ("gallex", "sage", "best"):
    for _, row in page.release(reference).table("measurements").iterrows():
        names.append(row["measurement"].replace("-", " "))
        values.append(row["ratio_bahcall"])
        errors.append(row["error_bahcall"])
figures.ladder(left, names, values, errors, xlabel="measured / expected (Bahcall 1997)")
best, minus, plus, _ = averages["bahcall"]
figures.band(left, best, (minus, plus), "", "vermillion", vertical=True)
figures.ladder(
    right,
    [sections[m] for m in averages],
    [a[0] for a in averages.values()],
    np.array([[a[1] for a in averages.values()], [a[2] for a in averages.values()]]),
    "vermillion",
    xlabel="fitted common factor",
)
left.set_title("measurements")
right.set_title("by cross-section model")
page.figure(
    figure,
    "gallium-data",
    "Gallium rates over expectation. Left: six measurements, each with its error; the band is the "
    "common factor with its error, cross section included. Right: the common factor for each cross-section "
    "model, with errors that are short upward where the cross section cannot become smaller, as the "
    "transition to the ground state is a floor.",
    alt=(
        "Ratios of measured to expected gallium rates, all below one, and their average for eight "
        "cross-section models."
    ),
    shows=["gallium"],
)

# %% [markdown]
# The significance of the deficit depends on the convention as much as on the model. The archive lets the
# cross section scale the *prediction*, once, and keeps it above the value of the ground state. The
# convention of arXiv:2209.00916 lets it scale the measurement, which biases downward, and has no floor.
# Both are recomputed by the release `best`; its page says where the differences come from.

# %%
printed = {row["id"]: row["expected"] for row in page.release("best").metadata["benchmarks"]}
rows = []
for mode, (best, minus, plus, sigma) in averages.items():
    there = printed.get(f"table-one-{mode}-significance")
    mean = printed.get(f"table-one-{mode}-mean")
    rows.append(
        [
            sections[mode],
            f"{best:.3f}",
            f"+{plus:.3f} −{minus:.3f}",
            f"{sigma:.1f}σ",
            f"{mean:.3f}" if mean else "–",
            f"{there:.1f}σ" if there else "–",
        ]
    )
page.table(
    "One common factor for all gallium rates, by cross-section model: here and in arXiv:2209.00916 (Table "
    "I).",
    ["cross section", "factor", "error", "significance", "published factor", "published significance"],
    rows,
    note="Significance: square root of χ²(1) − χ²min, Wilks, one degree of freedom, two-sided.",
)

# %% [markdown]
# ### Reactors
#
# {cite:Berryman2020GlobalReactor} has rates of 21 experiments between 7 and 95 m, three between 355 and 1115
# m, and the evolution of the rates of Daya Bay and RENO with the fuel. The flux model is varied within its
# errors in every fit. Huber–Mueller and HKSS come with errors. The summation model of Estienne, Fallot et al.
# does not: the compilation lends it some of Huber–Mueller's size, while those who use it assign a few per
# cent to ²³⁵U, ²³⁹Pu and ²⁴¹Pu and twice as much to ²³⁸U (the columns below say how much is taken here). What
# is assumed about the correlation of these errors matters as much as their size, so that three assumptions
# are shown.

# %%
rates = page.release("reactor-rates").table("short-baseline-rates")
sites = page.release("reactor-rates").table("short-baselines").set_index("site")["baseline"]
distance = rates["site"].map(sites).to_numpy(float)
spread = np.sqrt(
    np.diag(np.linalg.inv(page.release("reactor-rates").matrix("short-baseline-rates-inverse-covariance")))
)

figure, axes = figures.new(7.3, 4.0)
order = np.argsort(distance, kind="stable")
offset = np.ones(len(order))
for site in set(rates["site"]):  # several rates of one site: side by side
    same = [k for k in order if rates["site"].iloc[k] == site]
    offset[same] = 1.0 + 0.025 * (np.arange(len(same)) - 0.5 * (len(same) - 1))
figures.points(
    axes, distance * offset, rates["ratio_huber_mueller"], spread, "rate over Huber–Mueller expectation"
)
axes.axhline(1.0, color="#767676", linewidth=1.0)
metres = np.geomspace(6.0, 110.0, 300)
energy = np.linspace(1.81, 8.0, 240)
spectrum = page.release("reactor-rates").table("flux-huber-mueller")
section = page.release("reactor-rates").table("cross-section")
weight = np.interp(energy, spectrum["energy"], spectrum["u235"]) * np.interp(
    energy, section["energy"], section["cross_section"]
)
disappearance = model(page.model)
for name, point, colour, line in (
    ("best fit of the reactor rates", reactors["huber-mueller"].point, "blue", "solid"),
    ("best fit of gallium (Bahcall 1997)", gallium["bahcall"].point, "vermillion", "dashed"),
):
    surviving = [
        np.average(
            disappearance.probability("e", "e", True, np.full_like(energy, d), energy, None, **point)[0],
            weights=weight,
        )
        for d in metres
    ]
    figures.curve(axes, metres, surviving, name, colour, line)
axes.set(
    xscale="log", xlim=(6.0, 110.0), ylim=(0.7, 1.15), xlabel="distance (m)", ylabel="measured / expected"
)
axes.set_xticks([7, 10, 20, 50, 100], ["7", "10", "20", "50", "100"])
axes.minorticks_off()
figures.legend(figure, axes)
page.figure(
    figure,
    "reactor-data",
    "Rates at short distances over the Huber–Mueller expectation, errors of the experiments alone (they "
    "are correlated); the flux uncertainty "
    "moves all points together. Curves: survival at the best fits, averaged over a spectrum "
    "of ²³⁵U.",
    alt=(
        "Reactor rates against distance scatter around 0.94; the curve of the gallium best fit lies well "
        "below."
    ),
    shows=["reactor-rates"],
)

# %% [markdown]
# ## Where each data set wants to be

# %%
published = page.side("gallium", mode="prc", key="published-convention")
page.record_side(published, "best_fit")
together = page.test(gallium["bahcall"], reactors["huber-mueller"], pulls=False)

figure, axes = figures.new(7.3, 6.2)
figures.plane(axes, "sin2_2theta_ee", "dm2_41", (0.01, 1.0), (0.05, 100.0))
for side, colour in ((gallium["bahcall"], "vermillion"), (reactors["huber-mueller"], "blue")):
    figures.scan(axes, side.scan, page.levels, side.title, colour, "allowed", side.fit.value)
free, title = reactors["summation-assigned-common"], "Reactor rates, summation fluxes ± 5 %"
figures.scan(axes, free.scan, [0.90], title, "green", "lines", free.fit.value)
for reference, name, colour, line in (
    ("best/contours", "gallium, 2σ, published (digitised)", "#6d3000", "dashed"),
    ("reactor-anomaly", "reactor anomaly, published (digitised)", "#00344f", "dashed"),
    ("katrin", "KATRIN, 95 % CL, published (digitised)", "purple", "dashdot"),
):
    figures.published(axes, page.contour(reference).pieces, name, colour, line)
for name, point, colour, marker in (
    ("best fit, gallium", gallium["bahcall"].point, "vermillion", "*"),
    ("best fit, reactor rates", reactors["huber-mueller"].point, "blue", "*"),
    ("best fit, both", together.best_fit, "black", "o"),
):
    figures.best_fit(axes, point["sin2_2theta_ee"], point["dm2_41"], name, colour, marker)
figures.best_fit(axes, 0.34, 1.25, "best fit, gallium, published", "vermillion", published=True)
figures.legend(figure, axes)
page.figure(
    figure,
    "regions",
    "Allowed regions of gallium and of the reactor rates; dark 90 %, light 99 % CL. Green: what the reactor "
    "rates exclude, to its right, with summation fluxes whose assigned errors move together. Digitised "
    "regions: 2σ of gallium up to where that figure ends (open star: best fit of "
    "{cite:BEST2022PRC, abstract}), the reactor anomaly as it stood after 2011 (level not stated), and what "
    "KATRIN excludes, right of its curve.",
    alt="Allowed regions: gallium at mixing 0.2 to 0.5, reactor rates at mixing 0.05 to 0.2.",
    shows=["gallium", "reactor-rates"],
    regions=True,
)

# %%
page.best_fits(
    "Best fits, and significance against no oscillation.",
    [*gallium.values(), *reactors.values()],
    note="Gallium alone hardly fixes Δm²: above about 1 eV² all values fit nearly as well.",
)

# %% [markdown]
# ## Do they agree?
#
# The parameter goodness of fit (Maltoni and Schwetz) is what the best common description costs over the
# best separate ones,
#
# $$\chi^2_\mathrm{PG} = \min_\theta \sum_i \chi^2_i(\theta) - \sum_i \min_\theta \chi^2_i(\theta).$$
#
# Each term at the common minimum, less its own minimum, is the pull of that data set.

# %%
tests = mode_pairs.restored(page.toys("by-model").tables["combinations"])
for (s, f), pg in tests.items():
    page.record(f"pg-by-model.{s}.{f}", tension.goodness(pg), pg.how)


def sigma_of(pair: tuple[str, ...]) -> float:
    """Return the tension of a pair of models."""
    return tests[pair].sigma or 0.0


def range_of(s: str) -> tuple[list[float], list[float]]:
    """Return χ² and tension of a cross section with summation fluxes, over the correlations assumed."""
    return [tests[s, f].delta for f in assigned], [sigma_of((s, f)) for f in assigned]


def in_a_row(s: str) -> list[str]:
    """Return the cells of a cross section."""
    both = [
        f"**{t.delta:.1f}** ({verdicts.probability(t.p_value)}, {verdicts.sigmas(t)})"
        for t in (tests[s, f] for f in fluxes)
    ]
    rises, sigmas = range_of(s)
    lent = tests[s, "summation"]
    spread = f"{min(rises):.1f} to {max(rises):.1f} ({min(sigmas):.1f} to {max(sigmas):.1f}σ)"
    return [sections[s], *both, spread, f"{lent.delta:.1f} ({verdicts.sigmas(lent)})"]


page.table(
    "Parameter goodness of fit for every pair of cross section and flux model that has errors of its own, "
    "and for "
    "summation fluxes over three correlations of assigned errors: χ² (p-value, σ).",
    ["cross section", *fluxes.values(), "summation, assigned errors", "summation, lent errors"],
    [in_a_row(s) for s in sections],
    note=(
        f"{together.pg.how}. Lent errors are those of Huber–Mueller's size that the compilation gives to a "
        f"model "
        "which came without: the last column shows what that choice does, and enters no headline."
    ),
)

# %%
page.result("gallium.pull", together.result.parts[0].pull, meaning="share of χ²_PG")
page.result("reactor-rates.pull", together.result.parts[1].pull, meaning="share of χ²_PG")
page.tensions(
    "What the common fit costs each data set.", [together.titled("Bahcall and Huber–Mueller")], "models"
)

# %% [markdown]
# ## Wilks' theorem and Monte Carlo
#
# Wilks' theorem turns a difference of χ² into a p-value only if the amplitude is away from its edge and the
# mass splitting means something. Neither is so without oscillation, so that the tests are repeated with
# fake experiments: without oscillation for the significance, at the common best fit for the compatibility.
# Nuisances are drawn from their priors, and every toy is fitted as the data are.

# %%
both = page.side_by_side(
    {
        "gallium": ("Gallium (Bahcall) against no oscillation", gallium["bahcall"].significance),
        "reactor-rates": (
            "Reactor rates (Huber–Mueller) against no oscillation",
            reactors["huber-mueller"].significance,
        ),
        "compatibility": ("Gallium and reactor rates, compatibility", together.pg),
    }
)
page.text(
    "For gallium arXiv:2111.12530 finds by Monte Carlo, with its own likelihood and cross sections, more "
    "than "
    f"5σ; here it is {both['gallium'].sigmas}. Of the reactor rates it can be said that "
    f"{both['reactor-rates'].sentence}: their oscillation has averaged out at most distances, so that "
    "noise in "
    "single rates has little freedom to look like one."
)

# %% [markdown]
# The next figure shows the disagreement in the amplitude: at every amplitude, $\Delta m^2_{41}$ is what
# fits best.

# %%
figure, axes = figures.new(7.3, 4.0)
for name, side, colour, line in (
    ("Gallium, Bahcall 1997", gallium["bahcall"], "vermillion", "solid"),
    ("Gallium, ground state only", gallium["ground-state"], "vermillion", "dotted"),
    ("Reactor rates, Huber–Mueller", reactors["huber-mueller"], "blue", "solid"),
    ("Reactor rates, HKSS", reactors["hkss"], "blue", "dashed"),
    ("Reactor rates, summation ± 5 %", reactors["summation-assigned-common"], "green", "dashed"),
):
    grid = {**page.grid, "sin2_2theta_ee": (0.0, 0.6, 121, "lin")}
    line_scan = side.analysis.given(grid=grid).profile("sin2_2theta_ee")
    figures.curve(axes, line_scan.axes[0].values, line_scan.delta(), name, colour, line)
axes.set(
    xlim=(0.0, 0.6),
    ylim=(0.0, 20.0),
    xlabel=figures.LABELS["sin2_2theta_ee"],
    ylabel="Δχ², mass splitting fitted",
)
for sigma in (1, 2, 3, 4):
    axes.axhline(sigma**2, color="#d0d0d0", linewidth=0.8, zorder=0)
    figures.note(axes, f"{sigma}σ", 0.97, sigma**2 / 20.0 + 0.01)
figures.legend(figure, axes)
page.figure(
    figure,
    "amplitude",
    "Δχ² against the amplitude (grey lines: Wilks, one degree of freedom). The minimum of gallium lies "
    "where the reactor rates have risen steeply.",
    alt=(
        "Profiles of gallium and reactor rates against the amplitude: gallium prefers 0.25 to 0.45, "
        "reactors below 0.2."
    ),
    shows=["gallium", "reactor-rates"],
)

# %% [markdown]
# ## Table II of arXiv:2209.00916
#
# That paper tests gallium against reactor rates in the same way, with a gallium likelihood of its own
# convention: the error of the cross section scales the *measurement*, and it has no floor. The releases have
# this convention as modes, so that its Table II can be recomputed. Nothing in it was used to build them. Its
# compilation of reactor rates is another one than this archive's.

# %%
convention = ("ground-state", "bahcall", "haxton", "frekers", "kostensalo", "semenov")
there = mode_pairs.restored(page.toys("by-model-there").tables["combinations"])
rebuilt = {(s.removeprefix("giunti2022-"), f): pg.delta for (s, f), pg in there.items()}
for (s, f), delta in rebuilt.items():
    page.result(f"table-two.{s}.{f}", delta, meaning="χ²PG, convention of arXiv:2209.00916")
printed_two = {
    name.removeprefix("table-two-"): value for name, value in printed.items() if name.startswith("table-two-")
}
printed_summation = {s: page.cited(f"summation.{s}") for s in ("ground-state", "bahcall")}
rows = []
for s in convention:
    cells = [sections[s]]
    for f in fluxes:
        known = printed_two.get(f"{s}-{f}")
        cells += [f"{rebuilt[s, f]:.2f}", f"{known:.1f}" if known is not None else "–"]
    spread = [rebuilt[s, f] for f in assigned]
    own = printed_summation.get(s)
    cells += [f"{min(spread):.1f} to {max(spread):.1f}", f"{own:.1f}" if own else "–"]
    rows.append(cells)
page.table(
    "χ²PG of gallium against reactor rates by the convention of arXiv:2209.00916: here and in its Table II.",
    ["cross section", "HM", "published", "HKSS", "published", "summation (bracket)", "published"],
    rows,
    note=(
        "A dash stands where no value was at hand: the numbers here are predictions. The bracket "
        "of the "
        "summation model runs over the correlations of assigned errors. The errors lent by the compilation "
        "give "
        f"{rebuilt['ground-state', 'summation']:.1f} (ground state) and "
        f"{rebuilt['bahcall', 'summation']:.1f} "
        "(Bahcall)."
    ),
)
for s, own in printed_summation.items():
    spread = [rebuilt[s, f] for f in assigned]
    page.result(f"bracket.{s}.published", own, meaning="Table II of arXiv:2209.00916, column EF")
    page.result(f"bracket.{s}.low", min(spread))
    page.result(f"bracket.{s}.high", max(spread))
    page.result(f"bracket.{s}.inside", bool(min(spread) < own < max(spread)))
worst = max(abs(rebuilt[s, f] - v) for s in convention for f in fluxes if (v := printed_two.get(f"{s}-{f}")))
page.result("table-two.worst", worst, meaning="largest difference from Table II, Huber–Mueller and HKSS")

figure, axes = figures.new(7.3, 4.2)
heights = np.arange(len(convention))[::-1]
for k, (s, y) in enumerate(zip(convention, heights, strict=True)):
    spread = [rebuilt[s, f] for f in assigned]
    axes.plot(
        [min(spread), max(spread)],
        [y - 0.22] * 2,
        color="#009e73",
        linewidth=7,
        alpha=0.4,
        solid_capstyle="butt",
        label="summation, assigned errors: bracket" if k == 0 else None,
    )
    axes.plot(
        rebuilt[s, "summation-assigned-common"],
        y - 0.22,
        "|",
        color="#009e73",
        markersize=11,
        label="the same, errors move together" if k == 0 else None,
    )
    axes.plot(
        rebuilt[s, "summation"],
        y - 0.22,
        "x",
        color="#767676",
        label="summation, lent errors" if k == 0 else None,
    )
    for f, colour, shift in (("huber-mueller", "#0072b2", 0.22), ("hkss", "#d55e00", 0.0)):
        axes.plot(rebuilt[s, f], y + shift, "o", color=colour, label=fluxes[f] if k == 0 else None)
        if (own := printed_two.get(f"{s}-{f}")) is not None:
            axes.plot(
                own,
                y + shift,
                "D",
                markerfacecolor="none",
                color=colour,
                markersize=9,
                label=f"{fluxes[f]}, published" if k == 0 else None,
            )
    if s in printed_summation:
        axes.plot(
            printed_summation[s],
            y - 0.22,
            "D",
            markerfacecolor="none",
            color="#009e73",
            markersize=9,
            label="summation, published" if k == 0 else None,
        )
axes.set_yticks(heights, [sections[s] for s in convention])
axes.set(xlabel="χ² of compatibility (PG, 2 dof)", xlim=(0, 32), ylim=(-0.6, len(convention) - 0.4))
figures.legend(figure, axes)
page.figure(
    figure,
    "table-two",
    "What gallium against reactor rates costs by the convention of arXiv:2209.00916. Filled circles: here; "
    "open diamonds: {cite:Giunti2022, Table II}. The bars are the summation model with assigned errors, from "
    "lent correlations (left end) to none (right end); crosses: the errors that the compilation lends it.",
    alt="Recomputed values lie on the published ones for two flux models, and around them for the third.",
    shows=["gallium", "reactor-rates"],
)
page.text(
    f"With Huber–Mueller and HKSS fluxes the published column is reproduced: {len(printed_two)} values "
    f"within "
    f"{worst:.2f}. The column of the summation model is consistent with what is computed here: it lies "
    f"inside the "
    "bracket, and which correlation that paper uses was not found out, as neither its text nor that of "
    "arXiv:2110.06820 could be read beyond the abstract. With the archive's own gallium likelihood, which "
    "scales the "
    f"prediction, Bahcall and Huber–Mueller give {together.pg.delta:.1f}: the convention moves this by "
    f"{together.pg.delta - rebuilt['bahcall', 'huber-mueller']:+.1f}.".replace(" -", " −")
)

# %% [markdown]
# ## How the verdict is worded

# %%
word = verdicts.compatibility(both["compatibility"])
page.result("verdict", word, method=both["compatibility"].method)
page.text(verdicts.THRESHOLDS)
own_errors = {pair: found for pair, found in tests.items() if pair[1] in fluxes}
by_tension = sorted(own_errors, key=sigma_of)
least, most = by_tension[0], by_tension[-1]
page.result("pg-range.low", tests[least].sigma, method=tests[least].how)
page.result("pg-range.high", tests[most].sigma, method=tests[most].how)
counts = {
    w: sum(verdicts.compatibility(t) == w for t in own_errors.values())
    for w in ("compatible", "in tension", "incompatible")
}
page.record("pairs", counts)
_, bracket = range_of("bahcall")
page.record("summation-range", {"low": min(bracket), "high": max(bracket)}, tests[least].how)


def said(pair: tuple[str, ...]) -> str:
    """Return a pair of models and its tension."""
    return f"{sections[pair[0]]} with {fluxes[pair[1]]} fluxes, {sigma_of(pair):.1f}σ"


page.verdict(
    word,
    f"With the cross section of Bahcall and Huber–Mueller fluxes, gallium and the reactor rates are {word} "
    "as one disappearance "
    f"(χ²PG = {together.pg.delta:.1f} for {together.pg.dof} degrees of freedom, "
    f"{both['compatibility'].said}): "
    f"gallium asks for sin²2θ = "
    f"{gallium['bahcall'].point['sin2_2theta_ee']:.2f}, the reactors for "
    f"{reactors['huber-mueller'].point['sin2_2theta_ee']:.2f}. Gallium alone is "
    f"{both['gallium'].sigmas} "
    f"from no oscillation by Monte Carlo. Of the {len(own_errors)} pairs "
    f"whose flux model came with errors, by Wilks' theorem, {counts['compatible'] or 'none'} "
    f"{'is' if counts['compatible'] < 2 else 'are'} compatible, {counts['in tension']} in tension and "
    f"{counts['incompatible']} incompatible: from "
    f"{said(least)}, to {said(most)}. The summation model has no errors of its own; with those that its "
    f"users "
    f"assign it gives {min(bracket):.1f} to {max(bracket):.1f}σ for Bahcall, depending on their correlation.",
)
