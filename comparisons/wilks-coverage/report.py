# ---
# jupyter:
#   jupytext:
#     formats: py:percent
# ---

# %% [markdown]
# ## What is counted
#
# A region of confidence 90 % should hold the truth in 90 % of all experiments. Here the truth is known:
# toys are drawn from each release's own likelihood at a true point, each is fitted over the whole plane,
# and its region by Wilks' theorem holds the truth if $\chi^2$ there is less than {wilks:0.6827, 2},
# {wilks:0.90, 2} or {wilks:0.95, 2} above its minimum ({wilks:0.6827, 1}, {wilks:0.90, 1} or
# {wilks:0.95, 1} where one strength alone is free). The part that does is the coverage.
#
# Two things go wrong, in opposite directions:
#
# * **Too little**: without oscillation, or with less than the data can see, $\Delta m^2$ is free to fit
#   noise. The more bins and the larger the range of $\Delta m^2$, the more tries there are, the lower the
#   minimum, and the rarer the truth is within {wilks:0.90, 2} of it. Such regions exclude no oscillation
# too often.
# * **Too much**: where the mixing is at its edge it can only go up, and where the data measure a rate
#   alone there is no second parameter to fit. A $\Delta\chi^2$ of two degrees of freedom is then too
#   generous, and exclusion limits are weaker than they could be.
#
# Where oscillation is well measured coverage is as stated.

# %%
from itertools import pairwise

import numpy as np

from nuanomaly import load
from nuanomaly.report import context, coverage, figures
from nuanomaly.report.drawing import COLOURS
from nuanomaly.report.start import SECTORS

page = context.here()
runs = {key: page.toys(key) for key in page.comparison.datasets}
found = {key: coverage.points(run) for key, run in runs.items()}
sector = {key: load(page.comparison.dataset(key).releases[0]).metadata["sector"] for key in runs}
ordered = sorted(runs, key=lambda key: list(SECTORS).index(sector[key]))
names = {0: "none", 1: "best"}
for key, points in found.items():
    for k, point in enumerate(points):
        for cl, covered, error in zip(point.nominal, point.covered, point.errors, strict=True):
            name = f"{key}.{names.get(k, f'at-{k - 1}')}.{100 * cl:.0f}"
            page.result(name, covered, method=f"{point.toys} toys, ± {error:.4f}")

# %% [markdown]
# ## Coverage by release

# %%
styles = (
    ("no oscillation", "o", "black"),
    ("best fit", "D", "vermillion"),
    ("large mixing", "^", "blue"),
    ("small mixing", "v", "sky"),
    ("large Δm²", "s", "green"),
)
strengths = (
    *styles[:2],
    *((f"strength {x}", m, "grey") for x, m in (("0.5", "<"), ("1", "P"), ("1.5", ">"))),
)
figure, panels = figures.new(7.3, 9.4, 1, 3, sharey=True)
rows_of = {key: len(ordered) - 1 - k for k, key in enumerate(ordered)}
seen = set()
for level, axes in enumerate(panels):
    nominal = found[ordered[0]][0].nominal[level]
    axes.axvspan(100 * nominal - 1, 100 * nominal + 1, color="#DDDDDD", zorder=0)
    axes.axvline(100 * nominal, color="black", linewidth=1.0, zorder=1)
    for key in ordered:
        points = found[key]
        used = strengths if len(points[0].values) == 1 else styles
        shift = np.linspace(0.26, -0.26, len(points))
        for k, point in enumerate(points):
            label, marker, colour = used[k]
            axes.errorbar(
                100 * point.covered[level],
                rows_of[key] + shift[k],
                xerr=100 * point.errors[level],
                fmt=marker,
                color=COLOURS.get(colour, colour),
                markersize=4.6,
                linewidth=1.0,
                capsize=0.0,
                zorder=5,
                label=None if label in seen else label,
            )
            seen.add(label)
    for above, below in pairwise(ordered):
        if sector[above] != sector[below]:
            axes.axhline(rows_of[below] + 0.5, color="#777777", linewidth=0.8)
    axes.set(
        title=f"nominal {figures.percent(nominal)}",
        xlim=(0, 101),
        ylim=(-0.6, len(ordered) - 0.4),
        xlabel="true coverage (%)",
        xticks=(25, 50, 75),
    )
    axes.grid(axis="y", visible=False)
panels[0].set_yticks(list(rows_of.values()), [page.title(key) for key in ordered], fontsize=8.5)
figures.legend(figure, list(panels), 4)
page.figure(
    figure,
    "coverage",
    "How often the region of Wilks' theorem holds the truth, by release and true point. Left of the line "
    "a region "
    "covers too little, right of it too much. The values of the true points are in the tables below.",
    alt=(
        "Three columns of points around their nominal lines: reactor spectra without oscillation lie far "
        "left, "
        "gallium and Daya Bay's fuel evolution right."
    ),
    shows=list(runs),
)


# %%
def shown(word: str) -> str:
    """Return a word as a table shows it, in one line."""
    return word if word == "as stated" else f"**{word}**".replace(" ", "\u00a0")


for name in dict.fromkeys(sector[key] for key in ordered):
    rows = []
    for key in (k for k in ordered if sector[k] == name):
        for k, point in enumerate(found[key]):
            values = ", ".join(f"{v:.3g}{' eV²' if n == 'dm2_41' else ''}" for n, v in point.values.items())
            said = point.name if k == 0 else f"best fit ({values})" if k == 1 else values
            rows.append(
                [
                    f"**{page.title(key)}**, {point.toys} toys" if k == 0 else "",
                    said,
                    *(
                        f"{100 * c:.1f} ± {100 * e:.1f}"
                        for c, e in zip(point.covered, point.errors, strict=True)
                    ),
                    shown(point.word()),
                ]
            )
    page.table(
        f"{SECTORS[name]}: true coverage in %.",
        ["release", "true point", "68.27 %", "90 %", "95 %", "at 90 %"],
        rows,
        note="True points: $\\Delta m^2$ and $\\sin^2 2\\theta$, or a strength. As stated: within two "
        "binomial errors "
        "or 1 % of 90 %.",
    )

# %% [markdown]
# ## In words

# %%
sentences = []
for key in ordered:
    sentences.append(f"* **{page.title(key)}**: {coverage.sentence(found[key])}")
page.text("\n".join(sentences))

largest = found["minos-sterile"][4]
page.text(
    f"**MINOS and MINOS+** at {largest.name} covers {100 * largest.covered[1]:.0f} % of a nominal 90 %. "
    f"Its released "
    "$\\chi^2$ has a covariance relative to the prediction and no ln det: larger predictions have larger "
    "errors and "
    "fit better. A wave that is averaged takes some per cent of the events away, and toys drawn with it "
    "are fitted "
    "better without. The page on definitions of $\\chi^2$ shows the same for MiniBooNE without ln det."
)

# %% [markdown]
# ## Where no toys can be made
#
# A tabulated surface does not say how its data would fluctuate. STEREO has published critical values of
# its own, from fake experiments: they say the same as the toys above.

# %%
surface = page.release("stereo").table("surface")
critical = surface["critical_95"].to_numpy(float)
critical = critical[np.isfinite(critical)]
quarter, middle, most = np.quantile(critical, [0.25, 0.5, 0.75])
page.record("stereo.critical-95", {"median": middle, "low": quarter, "high": most}, "HEPData, 95 %")
page.result("stereo.critical-95.above", bool(middle > figures.wilks(0.95)))
rows = [[f"`{r}`", coverage.why_not(load(r))] for r in page.comparison.metadata["also_shown"]]
reason = "not applicable: the default model has no free parameter here, only a point to test."
rows = [[name, said if "not applicable" in said else reason] for name, said in rows]
page.table("Releases with a likelihood, but no coverage.", ["release", "why"], rows)
page.text(
    f"The 95 % critical values of STEREO are {quarter:.1f} to {most:.1f} for the middle half of its plane "
    f"(median {middle:.1f}), where Wilks' theorem says {figures.wilks(0.95):.2f}: its regions would cover "
    f"too little."
)

# %% [markdown]
# ## How the verdict is worded
#
# It counts single releases whose nominal 90 % region covers too little, or too much, without oscillation:
# by more than two binomial errors and more than 1 %.

# %%
single = {key: p for key, p in found.items() if len(page.comparison.dataset(key).releases) == 1}
little = [k for k, p in single.items() if p[0].word() == "too little"]
much = [k for k, p in single.items() if p[0].word() == "too much"]
worst = min(single, key=lambda k: single[k][0].covered[1])
generous = max(single, key=lambda k: single[k][0].covered[1])
page.record("none", {"too-little": len(little), "too-much": len(much), "of": len(single)})
everywhere = [k for k, p in single.items() if all(q.word() == "as stated" for q in p)]
page.result("as-stated-everywhere", len(everywhere))
page.result("verdict", "not what they say")
page.verdict(
    "not what they say",
    f"Without oscillation the 90 % region covers too little for {len(little)} of {len(single)} releases "
    f"(least for "
    f"{page.title(worst)}: {100 * single[worst][0].covered[1]:.0f} %) and too much for {len(much)} (most for "
    f"{page.title(generous)}: {100 * single[generous][0].covered[1]:.1f} %). Spectra whose bins a free "
    f"Δm² can fit cover "
    "too little there, rates at the edge of mixing too much; where oscillation is well measured coverage "
    "is as stated.",
)
