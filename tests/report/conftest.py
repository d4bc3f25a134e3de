"""A small archive of one release and one comparison, in a folder of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nuanomaly.archive import paths
from nuanomaly.report.pages import Result, build

RELEASE = """\
schema: "1"
name: toy
version: "2020-r1"
title: "Toy: three counts"
state: draft
sector: source
experiment: Toy
summary: A made-up experiment that counted three times and expected a hundred events each time.
channels: ["nue->nue"]
data_taking: {from: "2019-01", to: "2019-12"}
publications:
  - {key: Toy2020, title: Three counts, authors: A. Toy, year: "2020", role: primary}
originals: []
tables:
  counts:
    file: counts.csv
    sha256: "0000000000000000000000000000000000000000000000000000000000000000"
    size: 26
    rows: 3
    kind: table
    status: transcribed
    source: Table I
    columns:
      - {name: bin, type: int64, unit: "1", meaning: number of the count}
      - {name: events, unit: event, meaning: counted events}
benchmarks:
  - id: total
    quantity: Total of the counts
    kind: published
    compute:
      kind: table-ratio
      numerator: {terms: [{table: counts, column: events}]}
      denominator: {terms: [{table: counts, column: bin}]}
    expected: 50.0
    tolerance: 0.5
    tolerance_source: printed digits
    source: the text
changes:
  - {kind: initial, reason: First.}
"""

ANOMALY = """\
schema: "1"
name: toy
title: The toy anomaly
sector: source
claim:
  text: Counts scatter.
  numbers:
    - quantity: mean
      value: 100.0
      uncertainty: {statistical: 5.8, systematic: 1.0}
      unit: event
      source: Toy2020
releases: {carry: [toy], test: [another]}
explanations: [{name: chance, text: It happens., status: viable, references: [Toy2020]}]
status: {verdict: open, text: Nobody looked., as_of: "2021", references: [Toy2020]}
references:
  - {key: Toy2020, title: Three counts, authors: A. Toy, year: "2020", arxiv: "2001.00001"}
"""

COMPARISON = """\
schema: "1"
name: toy-counts
title: Toy counts
question: Do three counts agree?
summary: Three counts of a made-up experiment are averaged.
anomalies: [toy]
model: 2nu-ee
parameters: {dm2_41: {low: 0.1, high: 10, points: 3, scale: log}}
datasets:
  toy: {title: Toy, releases: ["toy@2020-r1"]}
statistics: {confidence_levels: [0.9], regions: "Wilks, 2 degrees of freedom", significance: none}
approximations: ['The errors are $\\sqrt{n}$.']
thumbnail: counts
key_numbers:
  - {key: toy.mean, label: mean, format: "{:.1f}"}
expectations:
  - {key: toy.mean, expected: 100.0, tolerance: 0.5, tolerance_source: x, kind: published, source: T}
"""

REPORT = """\
# %% [markdown]
# ## The counts
#
# The mean is $\\bar{n} = \\frac{1}{3}\\sum_i n_i$.

# %%
from nuanomaly.report import context, figures

page = context.here()
counts = page.release("toy").table("counts")["events"]
mean = page.result("toy.mean", counts.mean(), unit="event", method="average")

# %%
figure, axes = figures.new(4, 3)
figures.points(axes, [1, 2, 3], counts, counts**0.5, "counts")
figures.legend(figure, axes)
page.figure(figure, "counts", "Three counts.", alt="Three points with errors", shows=["toy"], regions=True)

# %%
page.table("The counts.", ["bin", "events"], [["first", counts[0]], ["second", counts[1]]])
page.verdict("agree", f"The mean is {mean:.1f}.")
"""


FILES = {
    "catalog.yaml": 'schema: "1"\n',
    "datasets/toy/2020-r1/release.yaml": RELEASE,
    "datasets/toy/2020-r1/counts.csv": "bin,events\n1,99.0\n2,100.0\n3,101.0\n",
    "anomalies/toy.yaml": ANOMALY,
    "comparisons/toy-counts/comparison.yaml": COMPARISON,
    "comparisons/toy-counts/report.py": REPORT,
}
SCHEMAS = paths.schemas()


def make(root: Path, changed: dict[str, str] | None = None) -> Path:
    """Write the small archive, some files with another content."""
    for name, text in {**FILES, **(changed or {})}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    shutil.copytree(SCHEMAS, root / "schemas")
    return root


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one release and one comparison, which the package works on."""
    root = make(tmp_path / "archive")
    monkeypatch.setenv("NUANOMALY_ARCHIVE", str(root))
    monkeypatch.setenv("NUANOMALY_CACHE", str(tmp_path / "cache"))
    return root


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Result]]]:
    """The site of such a checkout, built once, and the results of the build."""
    root = make(tmp_path_factory.mktemp("built") / "archive")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUANOMALY_ARCHIVE", str(root))
        patch.setenv("NUANOMALY_CACHE", str(root.parent / "cache"))
        results = build()
        yield root / "build" / "site", results
