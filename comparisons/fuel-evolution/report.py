# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is tested
#
# The yield of inverse beta decay per fission is a sum over four isotopes, $\sigma_f = \sum_i f_i\,\sigma_i$,
# and the shares $f_i$ change as the fuel burns. Three readings of the deficit:
#
# - the prediction of ²³⁵U is wrong: the deficit shrinks as the share of ²³⁹Pu grows;
# - a sterile neutrino: all isotopes lose the same fraction once the oscillation has averaged out, half of
#   $\sin^2 2\theta_{ee}$;
# - the prediction of ²³⁹Pu is wrong.

# %%
import numpy as np

from nuanomaly import model, p_value
from nuanomaly.inference.isotope_yields import expected_yields, grouped_chi2, isotope_yields
from nuanomaly.report import context, figures, verdicts

page = context.here()
#: How much larger the χ² of a common deficit must be for a word.
PREFERRED, HINT = 9.0, 4.0
NAMES = {"u235": "²³⁵U", "u238": "²³⁸U", "pu239": "²³⁹Pu", "pu241": "²⁴¹Pu", "common": "all"}
FREE = {name: f"reactor-yield-{name}-free" for name in ("u235", "pu239")}
standard = model("3nu")
# the corrections that the yields carry: see the release
three = {"sin2_theta13": 0.0215, "dm2_31": 2.525e-3, "dm2_21": 7.39e-5}
modes = {
    "free-isotopes": "²³⁵U and ²³⁹Pu free",
    "only-u235": "²³⁵U alone",
    "equal-deficit": "a common deficit (sterile neutrino)",
    "only-pu239": "²³⁹Pu alone",
    "huber-mueller": "Huber–Mueller within its errors",
}
release = page.release("daya-bay-evolution")
table = release.table("yields")
share, measured = table["f_pu239"].to_numpy(float), table["yield"].to_numpy(float)
error = np.sqrt(np.diag(release.matrix("statistical-covariance")))
common = float(np.sqrt(np.diag(release.matrix("systematic-covariance")).mean()))
page.result("common-error", common, method="relative systematic error, mean of the bins")

found = {}
for mode in modes:
    likelihood = page.likelihood("evolution", mode)
    points = likelihood.points(standard, three)
    value, where = likelihood.profiled(standard, points)
    nominal = likelihood.predict(standard, **three)
    ids = likelihood.nuisances.ids
    effects = likelihood.nuisance_effects(standard, points)[0]
    shift = effects @ np.array([float(where[name][0]) for name in ids])
    found[mode] = (float(value[0]), {k: float(v[0]) for k, v in where.items()}, nominal + shift, nominal)

# %% [markdown]
# ## The data

# %%
figure, axes = figures.new(7.3, 4.6)
figures.points(axes, share, measured, error, "Daya Bay")
figures.curve(axes, share, found["only-u235"][3], "Huber–Mueller", "grey", "dotted")
for mode, colour, line in (
    ("only-u235", "blue", "solid"),
    ("equal-deficit", "vermillion", "dashed"),
    ("only-pu239", "green", "dashdot"),
):
    figures.curve(axes, share, found[mode][2], modes[mode], colour, line)
axes.set(
    xlabel="share of ²³⁹Pu in the fissions, $F_{239}$",
    ylabel="yield (10$^{-43}$ cm² / fission)",
    ylim=(5.6, 6.4),
)
figures.legend(figure, axes, 2)
page.figure(
    figure,
    "evolution",
    "Yield against the share of ²³⁹Pu, with statistical errors; an error of {result:common-error:.1%} moves "
    "all points together, so that the height of a line counts little and its slope counts much.",
    alt="The measured yields fall less steeply than predicted; the line of ²³⁵U alone follows them best.",
    shows=["evolution"],
)

# %%
rows = []
base = found["only-u235"][0]
for mode, name in modes.items():
    value, where, _, _ = found[mode]
    page.result(f"chi2.{mode}", value, method="nuisances profiled, priors included")
    shifts = ", ".join(
        f"{NAMES[key.split('-')[2]]} {100 * v:+.1f} %".replace("-", "−")
        for key, v in where.items()
        if "loose" not in key
    )
    rows.append([name, f"{value:.2f}", f"{value - base:+.2f}".replace("-", "−"), shifts])
page.result("common-over-u235", found["equal-deficit"][0] - base, method="not nested: no significance")
page.table(
    f"Hypotheses about the yields, {len(measured)} data.",
    ["hypothesis", "χ²", "χ² less ²³⁵U alone", "departure from Huber–Mueller"],
    rows,
    note="Priors of the flux are part of χ². The hypotheses are not nested: only the order is meant.",
)

# %% [markdown]
# ## Beside the numbers of the collaboration
#
# The paper compares the same three hypotheses, and its differences of χ² are larger than those above. Two
# choices make most of it: it predicts more ²³⁵U than this release does (the cross section of inverse beta
# decay differs), and a relative systematic error scales either with a line through the data or with what a
# hypothesis predicts.

# %%
order = ("u235", "u238", "pu239", "pu241")
shares = table[[f"f_{name}" for name in order]].to_numpy(float)
statistical = release.matrix("statistical-covariance")
relative = release.matrix("systematic-covariance")
straight = np.polyval(np.polyfit(share, measured, 1), share)
own = expected_yields(page.likelihood("evolution", "free-isotopes"))
theirs = {**own, "u235": page.cited("predicted.u235")}
hypotheses = {"only-u235": (0,), "only-pu239": (2,), "equal-deficit": (0, 1, 2, 3)}
choices = {
    "as above": (own, False, "here"),
    "²³⁵U as the paper predicts it": (theirs, False, "prediction"),
    "the same, systematics follow the hypothesis": (theirs, True, "scaled"),
}
rows = []
for words, (predicted, scaled, key) in choices.items():
    data = shares * np.array([predicted[name] for name in order]), measured, statistical, relative
    line = None if scaled else straight
    reference = grouped_chi2(*data, [(0,), (2,)], (1, 3), line)
    deltas = {name: grouped_chi2(*data, [group], (), line) - reference for name, group in hypotheses.items()}
    page.record(f"over-both-free.{key}", deltas, "χ² less that of ²³⁵U and ²³⁹Pu both free")
    rows.append([words, *(f"{deltas[name]:.2f}" for name in hypotheses)])
# the covariance is printed with three digits of the relative errors: what the digits after them may do
random, half = np.random.default_rng(1), 0.5e-6
given = shares * np.array([theirs[name] for name in order]), measured, statistical
drawn = []
for _ in range(200):
    noise = np.tril(random.uniform(-half, half, relative.shape))
    rounded = relative + noise + np.tril(noise, -1).T
    both_free = grouped_chi2(*given, rounded, [(0,), (2,)], (1, 3), None)
    drawn.append(
        [grouped_chi2(*given, rounded, [group], (), None) - both_free for group in hypotheses.values()]
    )
ends = dict(zip(hypotheses, np.quantile(drawn, [0.025, 0.975], axis=0).T.tolist(), strict=True))
for name, (least, most) in ends.items():
    page.result(f"over-both-free.digits.{name}.low", least, method="2.5 % of 200 draws of the digits")
    page.result(f"over-both-free.digits.{name}.high", most, method="97.5 % of them")
rows.append(
    ["and the digits that are not printed, 95 %", *(f"{ends[n][0]:.2f}–{ends[n][1]:.2f}" for n in hypotheses)]
)
rows.append(["published", *(f"{page.cited(f'over-both-free.{n}'):g}" for n in hypotheses)])
inside = all(ends[n][0] <= page.cited(f"over-both-free.{n}") <= ends[n][1] for n in hypotheses)
page.result("over-both-free.digits.inside", inside, meaning="published differences inside the 95 %")
smallest = float(np.linalg.eigvalsh(relative)[0])
page.result("over-both-free.digits.eigenvalue", 1e6 * smallest, method="smallest of the printed covariance")
page.table(
    "χ² of three hypotheses less that of ²³⁵U and ²³⁹Pu both free.",
    ["choice", *(modes[name] for name in hypotheses)],
    rows,
    note=(
        "In the last row the common deficit and the predicted yield are read in a public code that quotes "
        "them, the other two are recalled {cite:DayaBay2017Evolution, text on the hypotheses}: the body of "
        "arXiv:1704.01082 could not be read. It predicts "
        f"{page.cited('predicted.u235'):.2f} for ²³⁵U, where this release has {own['u235']:.2f} (10⁻⁴³ cm² "
        "per fission). The slope hangs on the parts of the systematic covariance that are not common to "
        "all bins, which are as small as its last printed digit: its smallest eigenvalue is "
        "{result:over-both-free.digits.eigenvalue:.1f}×10⁻⁶, which no covariance has. "
        f"The published numbers are {'inside' if inside else 'outside'} what other digits give "
        "{cite:DayaBay2017Evolution, text on the hypotheses}."
    ),
)

# %% [markdown]
# ## The yields

# %%
free = isotope_yields(page.likelihood("evolution", "free-isotopes"), standard, FREE, three)
published = {name: page.benchmark("daya-bay-evolution", name) for name in FREE}
rows = []
for k, isotope in enumerate(free.isotopes):
    departure, spread = float(free.departures[k]), float(np.sqrt(free.spread[k, k]))
    value, sigma = float(free.values[k]), float(free.errors[k])
    page.result(f"yield.{isotope}", value, "1e-43 cm²/fission", method="²³⁸U and ²⁴¹Pu within 10 %")
    page.result(f"yield.{isotope}-error", sigma, "1e-43 cm²/fission")
    page.result(f"yield.{isotope}-departure", departure, method="over Huber–Mueller of this release")
    if isotope == "u235":
        page.result("yield.u235-reference", value, "1e-43 cm²/fission")
    rows.append(
        [
            NAMES[isotope],
            f"{value:.2f} ± {sigma:.2f}",
            f"{published[isotope]['expected']:.2f} ± {published[isotope]['uncertainty']:.2f}",
            f"{free.expected[k]:.2f}",
            f"{100 * departure:+.1f} ± {100 * spread:.1f} %".replace("-", "−"),
        ]
    )
page.table(
    "Yields of ²³⁵U and ²³⁹Pu (10⁻⁴³ cm² per fission).",
    ["isotope", "fitted here", "published", "Huber–Mueller", "departure"],
    rows,
    note=(
        "The published yields are those of {cite:DayaBay2017Evolution, abstract}. The departure of ²³⁵U "
        "quoted there, 7.8 % {cite:DayaBay2017Evolution, abstract}, is over a predicted yield of "
        f"{page.cited('predicted.u235'):.2f}, {page.cited('predicted.u235') / own['u235'] - 1.0:.0%} above "
        "that of this release, which depends at that level on the cross section."
    ),
)

figure, axes = figures.new(7.3, 4.6)
x, y = np.linspace(-16.0, 6.0, 121), np.linspace(-20.0, 20.0, 121)
title = "Daya Bay, fuel evolution"
figures.ellipse(axes, x, y, 100 * free.departures, 1e4 * free.spread, page.levels, title, "blue")
at_x, at_y = 100 * free.departures
figures.best_fit(axes, at_x, at_y, "best fit", "blue")
figures.curve(axes, x, x, "equal deficit, as by a sterile neutrino", "vermillion", "dashed")
figures.best_fit(axes, 0.0, 0.0, "Huber–Mueller", "grey", "o")
theirs_x, theirs_y = (100 * (published[name]["expected"] / own[name] - 1) for name in FREE)
axes.errorbar(
    [theirs_x],
    [theirs_y],
    xerr=[100 * published["u235"]["uncertainty"] / own["u235"]],
    yerr=[100 * published["pu239"]["uncertainty"] / own["pu239"]],
    fmt="s",
    color="#1a1a1a",
    markerfacecolor="white",
    label="Daya Bay, published yields",
    zorder=8,
)
axes.set(xlim=(-16, 6), ylim=(-20, 20), xlabel="departure of ²³⁵U (%)", ylabel="departure of ²³⁹Pu (%)")
figures.legend(figure, axes, 2)
page.figure(
    figure,
    "isotopes",
    "Departures of the yields of ²³⁵U and ²³⁹Pu from Huber–Mueller. Open square: the yields of "
    "{cite:DayaBay2017Evolution, abstract} over the predictions of this release.",
    alt="The ellipse lies at minus 7 % for ²³⁵U and near zero for ²³⁹Pu, off the line of equal deficits.",
    shows=["evolution"],
    regions=True,
)

# %% [markdown]
# ## Again with the whole of Daya Bay
#
# The release of 2025 has twenty groups of fuel from all the days of the experiment, and its own correction
# for three-flavour oscillation. The hypotheses are the same five.

# %%
whole = {"sin2_theta13": 0.02174797, "dm2_31": 2.5413e-3, "dm2_21": 7.53e-5}
rows = []
columns: dict[str, dict[str, float]] = {}
for side, oscillation in (("evolution", three), ("whole", whole)):
    values = {}
    for mode in modes:
        likelihood = page.likelihood(side, mode)
        values[mode] = float(likelihood.chi2(standard, **oscillation))
    columns[side] = values
    if side == "whole":
        page.record("whole.chi2", values, "nuisances profiled, priors included")
        over = {mode: value - values["free-isotopes"] for mode, value in values.items() if "free" not in mode}
        page.record("whole.over-both-free", over, "χ² less that of ²³⁵U and ²³⁹Pu both free")
        free = isotope_yields(page.likelihood(side, "free-isotopes"), standard, FREE, oscillation)
        for name, value, departure in zip(free.isotopes, free.values, free.departures, strict=True):
            page.result(f"whole.yield.{name}", float(value), "1e-43 cm²/fission")
            page.result(
                f"whole.yield.{name}-departure",
                float(departure),
                method="over Huber–Mueller of the release",
            )
    rows.append(
        [f"{page.title(side)}, {likelihood.n_bins} data", *(f"{value:.2f}" for value in values.values())]
    )
page.result("whole.common-over-u235", columns["whole"]["equal-deficit"] - columns["whole"]["only-u235"])
page.table(
    "χ² of the hypotheses, with the first release of the evolution and with the last.",
    ["data", *modes.values()],
    rows,
    note=(
        "With all days ²³⁵U and ²³⁹Pu depart from Huber–Mueller by "
        "{result:whole.yield.u235-departure:+.1%} and {result:whole.yield.pu239-departure:+.1%}. ²³⁵U alone "
        "is worse than both free by {result:whole.over-both-free.only-u235:.1f}, a common deficit by "
        "{result:whole.over-both-free.equal-deficit:.1f}, ²³⁹Pu alone by "
        "{result:whole.over-both-free.only-pu239:.1f}: ²³⁹Pu alone is out, and neither of the other two."
    ),
)

# %% [markdown]
# ## The sterile neutrino itself
#
# With Huber–Mueller fluxes within their errors the full 3+1 model can be fitted too.

# %%
sterile = page.side("evolution", mode="huber-mueller", key="sterile", title="Daya Bay")
best, test = sterile.fit, sterile.significance
page.record_side(sterile, "best_fit", "minimum", "significance")
both = page.side_by_side({"sterile": ("A sterile neutrino against no oscillation", test)})["sterile"]
page.text(
    f"Its best fit has χ² = {best.value:.2f} at Δm² = {best.parameters['dm2_41']:.3g} eV² and sin²2θ = "
    f"{best.parameters['sin2_2theta_ee']:.3f}, {test.delta:.2f} below no oscillation: {both.said}. At the "
    "distances of Daya Bay all but the smallest splittings have averaged out, so that one amplitude is "
    "fitted and not two parameters. Half the p-value of one degree of freedom, as for an amplitude at its "
    f"edge, would be {verdicts.probability(0.5 * p_value(test.delta, 1))}; counting two makes Wilks' theorem "
    f"{both.word}. ²³⁵U alone has {base:.2f} without any oscillation: a sterile neutrino moves the height of "
    "the line, which the error of {result:common-error:.1%} allows anyway, and leaves its slope."
)

# %% [markdown]
# ## How the verdict is worded

# %%
page.text(
    "The word is that of the last release: *²³⁵U alone preferred* if a common deficit has a χ² larger by at "
    f"least {PREFERRED:.0f}, *a hint of ²³⁵U* from {HINT:.0f}, *undecided* below."
)
more = columns["whole"]["equal-deficit"] - columns["whole"]["only-u235"]
word = "²³⁵U alone preferred" if more >= PREFERRED else "a hint of ²³⁵U" if more >= HINT else "undecided"
page.result("verdict", word)
page.text(
    "In the last release ²³⁵U alone has χ² = {result:whole.chi2.only-u235:.1f} for "
    f"{likelihood.n_bins} data, a common deficit {{result:whole.chi2.equal-deficit:.1f}} and ²³⁹Pu alone "
    "{result:whole.chi2.only-pu239:.1f}. The first preferred ²³⁵U alone a little more: "
    f"{base:.1f}, {found['equal-deficit'][0]:.1f} and {found['only-pu239'][0]:.1f} for {len(measured)} data. "
    "A wrong prediction of ²³⁵U together with a sterile neutrino was not fitted, and is not excluded by this."
)
decided = {"undecided": "do not decide", "a hint of ²³⁵U": "give a hint", "²³⁵U alone preferred": "decide"}
page.verdict(
    word,
    f"All yields of Daya Bay together {decided[word]} whether the flux of ²³⁵U is predicted wrongly or a "
    "sterile neutrino takes the same share from all isotopes: the second has a χ² larger by "
    "{result:whole.common-over-u235:.1f} ({result:whole.chi2.equal-deficit:.1f} against "
    f"{{result:whole.chi2.only-u235:.1f}} for {likelihood.n_bins} data), where a hint begins at {HINT:.0f}. "
    "A wrong prediction of ²³⁹Pu alone describes them worst of the three, with χ² = "
    "{result:whole.chi2.only-pu239:.1f}.",
)
