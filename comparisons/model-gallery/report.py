# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is asked of a model
#
# Each model is fitted to data that it is about, and compared with three neutrinos that oscillate as they are
# known to. It **survives** if
#
# * the data agree under it: the parameter goodness of fit {cite:MaltoniSchwetz2003} of the sides that are
#   fitted has a $p$ of at least {result:threshold.percent:.2f} %, which is 3σ;
# * its best fit is good: no smaller part of the toys that are thrown at the best fit is worse than the data;
# * no data that were not fitted object: none of them is worse than with three neutrinos by more than 9 in
#   χ² at the best fit.
#
# A model that changes nothing survives. It also has to **gain**: the improvement over three neutrinos counts
# with as many degrees of freedom as the data constrain parameters, and with as many tries as there are models
# on this page, $1-(1-p)^n$.

# %%
import numpy as np

from nuanomaly import level
from nuanomaly.report import context, figures, verdicts
from nuanomaly.report.gallery import LIMIT, Answer, Entry, answered, check_contained, counted, titled
from nuanomaly.report.sides import in_words
from nuanomaly.report.verdicts import COMPATIBILITY
from nuanomaly.report.words import parameter

page = context.here()
page.result("threshold.percent", 100.0 * LIMIT, method="3σ, two-sided")
HARDIN, SOLUTIONS = "arXiv:2211.02610, abstract", "arXiv:2312.00565, abstract"
CONRAD, KOPP = "arXiv:1207.4765, abstract", "arXiv:1303.3011, abstract"
SKY = "cosmology (mass and number of neutrinos)"
FULL = f"{SKY}, β decay, the Sun"
ENTRIES = (
    Entry("3p1", "3+1", HARDIN, FULL),
    Entry("3p2", "3+2", CONRAD, FULL, ("3p1",)),
    Entry("1p3p1", "1+3+1", KOPP, FULL, ("3p1",)),
    Entry("two-flavours-ee", "two flavours, νe", HARDIN, FULL),
    Entry("two-flavours-mue", "two flavours, νμ→νe", HARDIN, f"{SKY}, disappearance"),
    Entry("two-flavours-mumu", "two flavours, νμ", HARDIN, SKY),
    Entry("packets", "3+1, wave packets", HARDIN, f"{FULL}, sizes of sources", ("two-flavours-ee",)),
    Entry("decay", "3+1, invisible decay", SOLUTIONS, f"{FULL}, decay of mesons", ("two-flavours-ee",)),
    Entry("matter", "3+1 in matter, νμ", "arXiv:1710.06488", f"{SKY}, atmosphere"),
    Entry("nsi", "non-standard interactions, νμ", "arXiv:1009.0014, abstract", "atmosphere"),
    Entry("extra-dimension", "a large extra dimension", "arXiv:1101.0003", f"{FULL}, gravity"),
    Entry(
        "resonance",
        "a resonance in energy",
        "hep-ph/0504096",
        f"{SKY}, atmosphere",
    ),
    Entry("lorentz", "Lorentz violation", "hep-ph/0406255", "atmosphere, sidereal time"),
    Entry("light-vector", "light vector mediator", "arXiv:2008.05022", "beam dumps, stars"),
    Entry("light-scalar", "light scalar mediator", "arXiv:2202.11002", "decay of mesons, stars"),
    Entry("magnetic-moment", "magnetic moments", "arXiv:1510.01684, abstract", "the Sun, stars"),
    Entry("charge-radius", "charge radii", "arXiv:1810.05606", "scattering on electrons"),
)
answers = [answered(page, entry) for entry in ENTRIES]
own = {answer.entry.run: answer for answer in answers}
check_contained(
    {run: answer.joint["value"] for run, answer in own.items()},
    {entry.run: entry.contains for entry in ENTRIES},
)


def best_of_all(answer: Answer) -> float:
    """The p-value of the gain with all models of the page counted as tries."""
    return counted(answer.gain, len(ENTRIES))


for key, answer in own.items():
    page.record(f"{key}.best_fit", answer.best_fit)
    page.result(f"{key}.gain.delta", answer.gain.delta, method="three neutrinos less the joint best fit")
    page.result(f"{key}.gain.sigma", answer.gain.sigma, method=answer.gain.how)
    page.result(f"{key}.gain.counted", best_of_all(answer), method="Wilks, tries counted")
    page.record(f"{key}.pg", {"delta": answer.pg.delta, "dof": answer.pg.dof, "sigma": answer.pg.sigma})
    torn = (answer.pg.p_value or 1.0) < COMPATIBILITY[0][0]
    page.result(f"{key}.pg.tension", float(torn), meaning="one if in tension or incompatible, zero if not")
    page.result(f"{key}.goodness", answer.goodness, method=f"{answer.toys} toys, not fitted again")
    page.result(f"{key}.survives", answer.survives)
    if answer.by_toys:
        page.record(f"{key}.gain.toys", {"p": answer.by_toys.p_value, "sigma": answer.by_toys.sigma})

# %% [markdown]
# ## What was fitted
#
# No fit ends above that of a model which is a point of it: one sterile neutrino of two,
# plane waves of packets and of decay. A search that ended where others did not go is said to be one of few:
# its minimum may not be the lowest, and then the gain is larger than it stands here. Data sets of a side are
# fitted together; the sides are what the parameter goodness of fit sets against each other.

# %%
NAMES = {"lsnd-counts": "appearance", "gallex": "gallium", "reactor-rates": "reactors"}
NAMES |= {"minos-sterile": "νμ", "cdhs": "νμ"}


def short(side: str) -> str:
    """What a side is called in the tables: a sum by its first member."""
    releases = [titled(release) for release in side.split(" + ")]
    return NAMES[releases[0]] if len(releases) > 1 and releases[0] in NAMES else " + ".join(releases)


rows = []
for answer in answers:
    units = {parameter.name: parameter.unit for parameter in answer.model.parameters}
    edge = answer.stored.result["at_boundary"]
    said = in_words(answer.best_fit, units) + (
        f" (at an edge: {', '.join(map(parameter, edge))})" if edge else ""
    )
    ended = f"{answer.joint['agreeing']} of {answer.joint['searches']}"
    rows.append(
        [answer.entry.title, " | ".join(map(short, answer.reference)), said, ended, answer.entry.source]
    )
page.table(
    "The fits: what was set against what, the joint best fit, and how many searches ended there.",
    ["model", "sides", "best fit", "searches", "proposed or tested in"],
    rows,
    note="*appearance*: LSND, KARMEN, MiniBooNE (neutrinos) and NOMAD; *reactors*: rates at short baselines "
    "with Huber–Mueller fluxes, PROSPECT, νe on carbon; *νμ*: MINOS and MINOS+, CDHS, CCFR. Of the "
    "models of the gallery MiniBooNE, PROSPECT and MINOS are asked at the best fit. Ranges: `runs.yaml`.",
)

# %% [markdown]
# ## Gain and tension

# %%
rows = []
for answer in answers:
    gain, pg, test = answer.gain, answer.pg, answer.by_toys
    by_toys = "–" if test is None else f"{'' if test.p_value else '> '}{verdicts.sigmas(test)}"
    gained = [f"{gain.delta:.1f} ({gain.dof})", verdicts.sigmas(gain), by_toys]
    agreement = [verdicts.probability(best_of_all(answer)), f"{pg.delta:.1f} ({pg.dof})", verdicts.sigmas(pg)]
    rows.append([answer.entry.title, *gained, *agreement, verdicts.probability(answer.goodness)])
thrown = [answer for answer in answers if answer.by_toys]
thrown_toys = sorted({answer.by_toys.toys for answer in thrown if answer.by_toys})
many = " or ".join(f"{toys:,}".replace(",", "\u202f") for toys in thrown_toys)
page.table(
    "What each model gains over three neutrinos, and whether its data agree under it.",
    ["model", "gain", "by Wilks", "by toys", "p, tries counted", "χ²PG", "tension", "fit"],
    rows,
    note="*gain*: Δχ², in brackets how many parameters the data constrain, the degrees of freedom of Wilks' "
    f"theorem. *by toys*: {many} toys of no oscillation, fitted over the ranges of the model, where that is "
    "cheap; more than what is written where none of them gains as much. "
    "*p, tries counted*: by Wilks. *χ²PG*: degrees of freedom in brackets; a little below zero it is "
    "the accuracy of the searches. *fit*: the part of the toys at the best fit that is worse than the data; "
    "as they are not fitted again it is somewhat too large.",
)

# %% [markdown]
# ## What each data set says
#
# First the sides: their χ² at the joint best fit less that of three neutrinos, negative where they prefer the
# model. After them the data that were not fitted, at the same point.

# %%
columns = ["appearance", "gallium", "reactors", "νμ"]
rows, asked = [], []
for answer in answers:
    values = {short(name): delta for name, delta in answer.sides.items()}
    unfitted = {name: delta for name, delta in answer.unfitted.items() if delta is not None}
    for name, delta in {**values, **unfitted}.items():
        place = name.replace("νμ", "numu").replace(", ", "-")
        page.result(f"{answer.entry.run}.says.{place}", delta, method="Δ to three neutrinos at the best fit")
    if set(values) <= set(columns):
        rows.append(
            [answer.entry.title, *(f"{values[name]:+.1f}" if name in values else "–" for name in columns)]
        )
    else:
        unfitted = {**values, **unfitted}
    if unfitted:
        said = ", ".join(f"{name} {delta:+.1f}" for name, delta in unfitted.items())
        asked.append([answer.entry.title, said])
page.table(
    "Δχ² (or −2Δln L) of each side to three neutrinos, at the best fit of each model.",
    ["model", *columns],
    rows,
    note="A dash: the model is not fitted to it.",
)
page.table(
    "The same of single data sets: those that were not fitted, and those of nuclei and two flavours.",
    ["model", "difference to three neutrinos at the best fit"],
    asked,
    note="Data that are not applicable are left out.",
)

# %% [markdown]
# ## Which models of the literature survive everything?

# %%
surviving = [answer for answer in answers if answer.survives]
winning = [answer for answer in surviving if best_of_all(answer) < LIMIT]
page.record("models", {"asked": len(answers), "survive": len(surviving), "survive-and-gain": len(winning)})
rows = []
for answer in answers:
    why = [] if answer.agrees else [f"its data disagree ({verdicts.sigmas(answer.pg)})"]
    why += ["a bad fit"] if answer.goodness < LIMIT else []
    why += [f"{name} objects ({delta:+.0f})" for name, delta in answer.objections.items()]
    gains = f"{'yes' if best_of_all(answer) < LIMIT else 'no'} ({verdicts.sigmas(answer.gain)})"
    alive = "yes" if answer.survives else f"no: {'; '.join(why)}"
    rows.append([answer.entry.title, alive, gains, str(len(answer.best_fit)), answer.entry.elsewhere])
page.table(
    "Which models of the literature survive everything?",
    ["model", "survives", "gains, tries counted", "parameters", "not tested here"],
    rows,
    note="Survives and gains: as defined above. Two flavours are a view of one channel, no model of the "
    "others. The last column names bounds from data that the archive does "
    "not hold.",
)

# %%
figure, axes = figures.new(7.3, 4.6)
height = np.arange(len(answers), dtype=float)[::-1]
gained = np.array([answer.gain.sigma or 0.0 for answer in answers])
tension = np.array([answer.pg.sigma or 0.0 for answer in answers])
figures.points(axes, gained, height, None, "gain over three neutrinos", "blue", "o")
figures.points(axes, tension, height, None, "tension of its data", "vermillion", "D")
axes.axvline(3.0, color="#767676", linewidth=1.0)
axes.set_yticks(height, [answer.entry.title for answer in answers])
axes.set(xlabel="σ (Wilks)", xlim=(-0.2, None))
figures.legend(figure, axes, columns=2)
page.figure(
    figure,
    "verdicts",
    "What each model gains over three neutrinos, and the tension that is left between its data; the line is "
    "at 3σ. A model that solves the anomalies has its circle right of the line and its diamond left of it.",
    alt="Models that gain much have tensions beyond three standard deviations.",
    shows=["appearance", "gallium", "reactors", "numu"],
)

# %% [markdown]
# ## Limits on interactions
#
# COHERENT's two data sets together, one coupling at a time. The numbers of {cite:Cadeddu2021Mediators},
# {cite:AtzoriCorona2022} and {cite:Cadeddu2018Radii} stand in tables and figures that were not at hand.

# %%
RISE = level(0.90, 1).delta
HOW = f"Δ = {RISE:.2f} above the minimum, 90 %"


def interval(run: str) -> tuple[float, float]:
    """Lowest and highest value of a stored scan whose statistic is less than RISE above its minimum."""
    scan = page.toys(run).scan
    values = scan.axes[0].values
    above = scan.values - scan.values.min() - RISE
    first, *_, last = np.flatnonzero(above <= 0.0)
    low = values[0]
    if first > 0:
        low = np.interp(0.0, above[[first, first - 1]], values[[first, first - 1]])
    return float(low), float(np.interp(0.0, above[[last, last + 1]], values[[last, last + 1]]))


rows = []
for mass in (1.0, 10.0, 100.0):
    for name in ("vector", "scalar"):
        _, upper = interval(f"limit-{name}-{mass:g}")
        page.result(f"limit.{name}.{mass:g}", upper, method=HOW)
        rows.append([f"{name}, universal coupling, {mass:g} MeV", f"< {upper:.1e}", "–"])
borexino = (
    f"< {1e-11 * page.cited('borexino.moment'):.1e} for neutrinos of the Sun (arXiv:1510.01684, abstract)"
)
for flavour, title in (("e", "νe"), ("mu", "νμ")):
    _, upper = interval(f"limit-moment-{flavour}")
    page.result(f"limit.moment.{flavour}", upper, "mu_B", method=HOW)
    rows.append([f"magnetic moment of {title} (μB)", f"< {upper:.1e}", borexino])
    low, high = interval(f"limit-radius-{flavour}")
    page.record(f"limit.radius.{flavour}", {"low": low, "high": high}, HOW)
    rows.append([f"charge radius of {title} (10⁻³² cm²)", f"{1e32 * low:.0f} to {1e32 * high:.0f}", "–"])
page.table(
    "Limits of COHERENT CsI and argon at 90 %, one coupling at a time.",
    ["coupling", "here", "published, by another process"],
    rows,
    note="Δ = {wilks:0.90, 1} above the minimum.",
)

# %% [markdown]
# ## Beside it
#
# {cite:Hardin2022, abstract} fits other data sets, with more reactor spectra, in which a damped wave can
# hide. {cite:Giunti2023Solutions, abstract} asks the same models of gallium and reactor rates and finds that
# wave packets, decay and a broad mass do not take the tension away, while a decoherence of three neutrinos
# does. {cite:Kopp2013, abstract} and {cite:Conrad2012Fits, abstract} have further levels.
#
# 3+1 as jaxnu and nuSQuIDS compute it is a model by these names (`--model nusquids`). The packages are not
# among those that pages are built with; what they give for data of this archive stands, beside the built-in
# model, in the [manual](../../manual/conventions.html).

# %%
rows = []
for cited, title, source, here in (
    ("plane.tension", "tension in 3+1 (σ)", HARDIN, verdicts.sigmas(own["3p1"].pg)),
    ("packets.gain", "gain of wave packets (Δχ²)", HARDIN, f"{own['packets'].gain.delta:.1f}, νe alone"),
    ("packets.tension", "tension left (σ)", HARDIN, f"{verdicts.sigmas(own['packets'].pg)}, νe alone"),
    ("decay.gain", "gain of decay (Δχ²)", HARDIN, f"{own['decay'].gain.delta:.1f}, νe alone"),
    ("decay.tension", "tension left (σ)", HARDIN, f"{verdicts.sigmas(own['decay'].pg)}, νe alone"),
    (
        "conrad.3p1",
        "compatibility of 3+1 (p, %)",
        CONRAD,
        verdicts.probability(own["3p1"].pg.p_value),
    ),
    ("conrad.3p2", "compatibility of 3+2 (p, %)", CONRAD, verdicts.probability(own["3p2"].pg.p_value)),
    ("kopp.1p3p1", "compatibility of 1+3+1 (p, %)", KOPP, verdicts.probability(own["1p3p1"].pg.p_value)),
):
    rows.append([title, f"{page.cited(cited):g}", source, here])
page.table("The numbers of others, and those of this page.", ["quantity", "published", "in", "here"], rows)

# %%
alike = [answer for answer in surviving if answer not in winning]
names = "; ".join(answer.entry.title for answer in alike) or "none"
solved = " and ".join(answer.entry.title for answer in winning) or "none"
page.verdict(
    f"{len(winning)} of {len(answers)}",
    f"Of {len(answers)} models {len(winning)} survive{'s' * (len(winning) == 1)} and gain"
    f"{'s' * (len(winning) == 1)} by 3σ over three neutrinos, all tries counted: {solved}. Without such a "
    f"gain {len(alike)} survive: {names}. Plane waves of one sterile neutrino, fitted to "
    f"everything, have a tension of {verdicts.sigmas(own['3p1'].pg)}; {{cite:Hardin2022, abstract}} finds "
    f"{page.cited('plane.tension'):.1f}σ.",
)
