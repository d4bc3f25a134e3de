# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is measured
#
# A toy of a plane is cheap or dear by what its likelihood allows:
#
# * With a **fixed covariance and a prediction that is linear in the mixing**, $\chi^2$ is a parabola at
#   each $\Delta m^2$: three numbers, whatever the number of bins, and the minimum in closed form.
# * With a fixed covariance alone, all hypotheses are one matrix product.
# * Where nuisances are bounded or asymmetric, or a covariance follows the prediction, the values of all
#   toys at all points are still products of matrices, made once. Points that cannot hold the minimum are
#   left out by bounds.
# * **Counts with nuisances** need a few Newton steps each, and what has neither form is evaluated one by
#   one.
#
# CPU time was measured by `nuanomaly cost` (`make cost`), and is stored beside this page with the
# versions that were measured. All engines are exact: which one is used does not change a critical value.

# %%
import numpy as np
from matplotlib.ticker import NullLocator

from nuanomaly.inference import cost
from nuanomaly.inference.run_files import read
from nuanomaly.report import context, figures
from nuanomaly.report.drawing import COLOURS
from nuanomaly.report.words import number

page = context.here()
tables, about = read(page.comparison.folder)
rates, whole = tables["rates"], tables["global"]
laws = about["laws"]
versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())

# %% [markdown]
# ## Points, toys and bins

# %%
figure, panels = figures.new(7.3, 4.2, 1, 3)
colours = ("black", "grey", "orange", "blue", "purple", "green", "sky", "vermillion", "#8C6D31")
markers = ("o", "s", "^", "v", "D", "P", "X", "<", ">")
looks = dict(zip(laws, zip(colours, markers, strict=True), strict=False))
labels = {"points": "points of the plane", "toys": "toys", "bins": "bins"}
for axes, varied in zip(panels, labels, strict=True):
    for name, (colour, marker) in looks.items():
        part = rates[(rates["dataset"] == name) & (rates["varied"] == varied)]
        if part.empty:
            continue
        y = 1e3 * part["seconds_per_toy"] * part["toys"]
        axes.plot(
            part[varied],
            y,
            marker=marker,
            markersize=4.5,
            linewidth=1.2,
            color=COLOURS.get(colour, colour),
            label=name,
        )
    axes.set(xscale="log", yscale="log", xlabel=labels[varied])
    ticks = sorted(set(rates.loc[rates["varied"] == varied, varied]))
    axes.set_xticks([ticks[0], ticks[-1]], [f"{t:,}".replace(",", " ") for t in (ticks[0], ticks[-1])])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(figures.power)
panels[0].set_ylabel("CPU time of one true point (ms)")
figures.legend(figure, list(panels), 3)
page.figure(
    figure,
    "scaling",
    "CPU time of one true point against the points of the plane (500 toys), against the toys (about 1000 "
    "points), and "
    "against the bins (500 toys, 1000 points; bins that were made up for this, with 60 bins in the other "
    "panels).",
    alt="Three panels of nearly straight lines in double logarithms.",
    shows=["miniboone-nue", "prospect", "danss", "neos", "karmen", "reactor-rates"],
)
rows = []
for name, found in laws.items():
    part = rates[(rates["dataset"] == name) & (rates["varied"] == "points")]
    middle = part.iloc[len(part) // 2]
    rows.append(
        [
            name,
            str(middle["engine"]).removesuffix("Engine").lower(),
            int(middle["bins"]),
            f"{1e6 * middle['seconds_per_toy']:.3g}",
            number(float(f"{middle['points'] / middle['seconds_per_toy']:.1e}"), 2),
            *(
                f"{found[v]['exponent']:.2f} ± {found[v]['error']:.2f}" if v in found else "–"
                for v in ("points", "toys", "bins")
            ),
        ]
    )
    for varied, one in found.items():
        key = name.replace(" ", "-").replace(",", "").replace("@", "-")
        page.record(f"law.{key}.{varied}", one)
page.table(
    "Cost per toy at one true point and about 2000 points of the plane; last, the powers of points, toys "
    "and bins that "
    "it grows with.",
    [
        "data set",
        "engine",
        "number of bins",
        "µs per toy",
        "values / s",
        "points",
        "toys",
        "bins",
    ],
    rows,
    note="Power: the CPU time of a run grows like points, toys or bins to this power; errors are from the "
    "scatter about "
    f"the straight line. Values per second: hypotheses that a toy was compared with. Where a power of "
    f"points is small, drawing toys dominates (KARMEN), or bounds leave most of the plane out. Measured "
    f"with {versions}.",
)
toys = [found["toys"]["exponent"] for found in laws.values()]
points = [found["points"]["exponent"] for found in laws.values()]
page.result("power.toys", float(np.median(toys)), meaning="median over data sets")
page.result("power.points", float(np.median(points)), meaning="median over data sets")
page.result("power.bins.linear", laws["bins, linear"]["bins"]["exponent"])
_ = page.result("power.bins.not-linear", laws["bins, not-linear"]["bins"]["exponent"])

# %% [markdown]
# ## A global Feldman–Cousins, data set by data set
#
# The global fit of 3+1 evaluates every data set over the two parameters that it depends on, adds the tables
# up over the cube of $\Delta m^2_{41}$, $|U_{e4}|^2$ and $|U_{\mu 4}|^2$, and takes the minimum. If each toy
# does the same, with the likelihoods as they are, a toy takes the time below.

# %%
total = float(np.nansum(whole["seconds_per_toy"]))
known = {
    "e": "Δm², $|U_{e4}|^2$",
    "mu": "Δm², $|U_{\\mu 4}|^2$",
    "product": "Δm², the product of both",
    "both": "all three",
}
rows = []
for row in whole.to_dict("records"):
    took = row["seconds_per_toy"]
    made = np.isfinite(took)
    rows.append(
        [
            row["dataset"],
            known[row["depends"]],
            f"{row['points']:,}".replace(",", " "),
            (f"{1e3 * took:.0f}" if took > 0.1 else f"{1e3 * took:.2g}") if made else "makes no toys",
            f"{100 * took / total:.1f} %" if made else "–",
        ]
    )
page.table(
    "CPU time of one toy of the global fit, by data set.",
    ["data set", "depends on", "points", "ms per toy", "share"],
    rows,
    note="Toys are drawn and fitted, tables of the predictions are made once and not counted. "
    f"The cube has {' × '.join(map(str, about['cube']))} points.",
)
LATTICE, CUBE, TOYS, CORES = 10_240, 1_280_000, 1000, 100


def spaced(count: int) -> str:
    """Return a large number with its digits in threes."""
    return f"{count:,}".replace(",", " ")


slow = whole.sort_values("seconds_per_toy", ascending=False)["dataset"].head(2).tolist()
cases = {
    "lattice": (f"{spaced(LATTICE)} (every fifth along each axis)", LATTICE, TOYS, ()),
    "without": (f"{spaced(LATTICE)}, without {' and '.join(slow)}", LATTICE, TOYS, slow),
    "cube": (f"{spaced(CUBE)} (all)", CUBE, TOYS, ()),
}


def rounded(value: float) -> str:
    """Return a duration with two digits, written out."""
    return f"{float(f'{value:.2g}'):,g}".replace(",", " ")


rows = []
for key, (said, truths, count, out) in cases.items():
    one = cost.extrapolated(whole, truths, count, CORES, out)
    page.result(f"hours.{key}", one["hours"], "h", said, f"{CORES} cores, ± {one['error']:.2g} h")
    rows.append(
        [
            said,
            count,
            f"{one['seconds_per_toy']:.3g}",
            f"{rounded(one['hours'])} ± {rounded(one['error'])}",
            rounded(one["hours"] / 24),
            rounded(one["hours"] * CORES / 2 / 24),
        ]
    )
page.result("toy.seconds", total, "s")
page.table(
    f"What it would take, for {TOYS} toys at each true point.",
    [
        "true points",
        "toys each",
        "CPU s per toy",
        f"hours, {CORES} cores",
        "days, 100 cores",
        "days, 2 cores",
    ],
    rows,
    note="Errors from the spread of repeated timings; what another machine, or memory that is shared by "
    "many cores, would "
    "change is larger. 1000 toys give a critical value at 90 % within 0.2 of {wilks:0.90, 2|.1f}.",
)

# %% [markdown]
# ## The same with few numbers for each toy
#
# All that a data set says of a toy over the plane is held by few numbers: where $\chi^2$ is linear in
# features of the data, those features, and of them the few directions in which hypotheses differ. The toys of
# the page on appearance and disappearance are fitted so, and what its runs took is counted here.

# %%
COUNTED = {
    "headline": "tension at the joint best fit",
    "truths": "tension at points of the joint region",
    "worst": "tension at the point with the largest tail",
    "worst-second": "tension at the next",
    "worst-third": "tension at the one after it",
    "region": "Δχ² at the points of a region",
}
counted: dict[str, tuple[int, float]] = {}
number_of = {"truths": "candidates", "region": "points"}
for name in COUNTED:
    result = page.toys(f"appearance-vs-disappearance/{name}").result
    several = int(result[number_of[name]]) * int(result["toys_each"]) if name in number_of else result["made"]
    counted[COUNTED[name]] = (int(several), float(result["toys_cpu_seconds"]))
all_made, all_took = (sum(column) for column in zip(*counted.values(), strict=True))
counted["all of these"] = (int(all_made), all_took)
measured_share = page.result(
    "engine.share", all_made / (LATTICE * TOYS), method="toys made over those of the map"
)
engine = page.result(
    "engine.toy.seconds", all_took / all_made, "s", f"{all_made} toys of the runs of the table"
)
lattice_hours = page.result("engine.hours.lattice", LATTICE * TOYS * engine / 3600.0, "h", method="one core")
page.result(
    "engine.hours.cube", CUBE * TOYS * engine / CORES / 3600.0, "h", method=f"{CORES} cores, all busy"
)
page.result("engine.faster", total / engine, method="data set by data set over few numbers")
page.table(
    "A toy of the global fit, as the page on appearance and disappearance makes it, and what follows for "
    f"{TOYS} toys at each true point.",
    [
        "run",
        "toys made",
        "ms per toy",
        f"{spaced(LATTICE)} true points, one core",
        f"all of the cube, {CORES} cores",
    ],
    [
        [
            what,
            spaced(count),
            f"{1e3 * each:.2f}",
            f"{rounded(LATTICE * TOYS * each / 3600.0)} h",
            f"{rounded(CUBE * TOYS * each / CORES / 3600.0)} h",
        ]
        for what, (count, seconds) in counted.items()
        for each in (seconds / count,)
    ],
    note=(
        "That fit has its own axes and takes LSND and STEREO as likelihoods that make toys; making the "
        "tables of the fit, once, is not counted. The runs are those of that page; all together they are "
        f"{rounded(100 * measured_share)} % of the toys of the map. Seconds are of CPU time, which other "
        "work on the same machine lengthens."
    ),
)

# %% [markdown]
# ## What follows
#
# Runs are shared out in pieces on a Dask cluster (`--scheduler tcp://…`) or on local processes, kept in a
# folder (`--resume`), and give the same bits however they are shared: a run that is interrupted, or whose
# scheduler is lost, goes on where it was. True points whose verdict is certain need few toys (`--most`),
# and a sequence of maps from coarse to fine costs little more than the last one.

# %%
lattice = cost.extrapolated(whole, LATTICE, TOYS, CORES)
word = "hours" if lattice_hours < 24.0 else "days"
page.result("verdict", word)
page.verdict(
    word,
    f"A Feldman–Cousins map of the global fit of 3+1 over {spaced(LATTICE)} true points, {TOYS} toys each, "
    f"takes {rounded(lattice_hours)} hours on one core with the engine of the page on appearance and "
    f"disappearance ({1e3 * engine:.1f} ms a toy), and {rounded(lattice['hours'])} hours on {CORES} cores "
    "data set by data set.",
)
