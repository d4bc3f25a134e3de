"""How right averages over intervals of L/E are: 3+1 in three forms beside the built-in one, on every release.

``make averages`` writes 3+1 as declared waves, as a plain function of arrays and as a plain function of
numbers, asks every release for its statistic at splittings from 0.01 to 300 eV², and stores what each form is
off by, the error that is stated, and what is refused, in ``docs/averages.json``, with a checksum; it is shown
in ``docs/averages.md``. It fails if a difference is larger than the error that is stated for it. With
``ARGS="NAME@VERSION …"`` the rows of these releases are measured anew.
"""

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from marks import between, checksum
from numpy.typing import NDArray

from nuanomaly.archive.durable import write_atomically
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.survey import with_likelihood
from nuanomaly.likelihood.averaging import TOLERANCE
from nuanomaly.likelihood.build import likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.model.constants import PHASE
from nuanomaly.model.function import FunctionModel
from nuanomaly.model.probabilities import Model, NotApplicableError, complete
from nuanomaly.model.registry import model
from nuanomaly.model.vacuum import is_long
from nuanomaly.model.wave_model import Wave, WaveModel

Array = NDArray[np.float64]

ROOT = Path(__file__).resolve().parents[1]
STORED, PAGE = ROOT / "docs" / "averages.json", ROOT / "docs" / "averages.md"
MARKS = ("<!-- table of averages.json -->", "<!-- end of table -->")
BUILT_IN = model("3+1")
MIXING = {"Ue4_sq": 0.05, "Umu4_sq": 0.04}
#: Splittings in eV², and those of them at which the function of numbers is asked as well.
SPLITTINGS = tuple(float(f"{v:.4g}") for v in np.geomspace(0.01, 300.0, 12))
SINGLE = SPLITTINGS[1::4]
#: What waves may be off by, in χ².
EXACT = 1e-6
#: Up to which splitting in eV² no short baseline may refuse a function.
SHORT = 100.0
#: Digits of a statistic that rounding leaves: a difference below this share of it is none.
ROUNDING = 1e-9


def waves(initial: str, final: str, antineutrino: bool, L: Array, E: Array, **given: Any) -> Any:
    """Return 3+1 as the waves of its expansion."""
    point = complete(BUILT_IN, _ravelled(given))
    terms = BUILT_IN.expansion(initial, final, antineutrino, 0.0, point)
    assert terms is not None
    return terms.constant[:, None], [
        Wave(PHASE * dm2[:, None] * L / E, sin2[:, None], sin[:, None])
        for dm2, sin2, sin in zip(terms.dm2, terms.sin2, terms.sin, strict=True)
    ]


def values(initial: str, final: str, antineutrino: bool, L: Array, E: Array, **given: Any) -> Array:
    """Return 3+1 as a plain function, of arrays of parameters too."""
    return BUILT_IN.probability(initial, final, antineutrino, L, E, **_ravelled(given))


def numbers(initial: str, final: str, antineutrino: bool, L: Array, E: Array, **given: Any) -> Any:
    """Return 3+1 as a plain function of numbers, which fails for arrays of parameters."""
    point = {name: math.fsum([value]) for name, value in given.items()}
    return values(initial, final, antineutrino, L, E, **point)[0]


def _ravelled(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: np.ravel(value) for name, value in given.items()}


#: The forms, with the parameters of the built-in model: a prior that a release has counts for all alike.
FORMS: Mapping[str, Model] = {
    "waves": WaveModel(waves, parameters=BUILT_IN.parameters),
    "arrays": FunctionModel(values, parameters=BUILT_IN.parameters),
    "numbers": FunctionModel(numbers, parameters=BUILT_IN.parameters),
}


def differences(lk: Likelihood, form: Model, splittings: Sequence[float]) -> Iterator[dict[str, Any]]:
    """Yield what a form of 3+1 is off by at each splitting, and what is stated, or that it is refused.

    All are asked together; where one of them is refused, in halves.

    Examples
    --------
    >>> [row] = differences(likelihood("best"), FORMS["arrays"], [1.0])
    >>> row["difference"] <= row["stated"] + row["rounding"]
    True
    """
    point: dict[str, Any] = {"dm2_41": np.array(splittings), **MIXING}
    exact = np.atleast_1d(lk.chi2(BUILT_IN, **point))
    try:
        seen = np.atleast_1d(lk.chi2(form, **point))
        stated = lk.averaging_error(form, lk.points(form, point))
    except NotApplicableError:
        half = len(splittings) // 2
        if not half:
            yield {"dm2": splittings[0], "refused": True}
            return
        yield from differences(lk, form, splittings[:half])
        yield from differences(lk, form, splittings[half:])
        return
    for dm2, a, b, error in zip(splittings, seen, exact, stated, strict=True):
        row = {"difference": abs(a - b), "stated": error, "rounding": ROUNDING * abs(b)}
        yield {"dm2": dm2, **{name: float(f"{value:.3g}") for name, value in row.items()}}


def asked(release: str, splittings: Sequence[float], single: Sequence[float]) -> dict[str, Any] | str:
    """Return what all forms are off by on a release, or why it takes none of them."""
    try:
        lk = likelihood(release)
        lk.chi2(BUILT_IN, dm2_41=1.0, **MIXING)
        lk.chi2(FORMS["arrays"], dm2_41=splittings[0], **MIXING)
    except NuanomalyError as error:
        return str(error)
    reach = lk.max_L_over_E
    forms = {
        name: list(differences(lk, form, single if name == "numbers" else splittings))
        for name, form in FORMS.items()
    }
    return {"release": lk.release, "short": reach is not None and not is_long(reach), **forms}


def wrong(row: Mapping[str, Any]) -> list[str]:
    """Return what a release does not keep of what is promised, a sentence for each."""
    problems = []
    for form in FORMS:
        for at in row[form]:
            where = f"{row['release']}, {form}, {at['dm2']:g} eV²"
            if at.get("refused"):
                if form == "waves" or (row["short"] and at["dm2"] <= SHORT):
                    problems.append(f"{where}: refused")
                continue
            allowed = (EXACT if form == "waves" else at["stated"]) + at["rounding"]
            if at["difference"] > allowed:
                problems.append(f"{where}: off by {at['difference']:g}, not {allowed:g}")
            if at["stated"] > TOLERANCE:
                problems.append(f"{where}: states {at['stated']:g}")
    return problems


def with_table(page: str, content: Mapping[str, Any]) -> str:
    """Return a page with the table written anew between its two marks.

    Raises
    ------
    ValueError
        If the page has no such marks.
    """
    return between(page, MARKS, _shown(content))


def _shown(content: Mapping[str, Any]) -> str:
    rows = content["rows"]
    plain = [(row, at) for row in rows for form in ("arrays", "numbers") for at in row[form]]
    kept = [at for _, at in plain if not at.get("refused")]
    worst = max(at["difference"] for at in kept)
    above = sum(at["difference"] > at["stated"] + at["rounding"] for at in kept)
    near = [(row, at) for row, at in plain if row["short"] and at["dm2"] <= SHORT]
    lost = sum(at.get("refused", False) for _, at in near)
    exact = max(at["difference"] for row in rows for at in row["waves"])
    said = (
        f"{len(rows)} releases take 3+1 in all forms. As waves it is off by {exact:.1e} at most. As a "
        f"function it was asked {len(plain)} times: {len(plain) - len(kept)} were refused; of the others the "
        f"largest difference is {worst:.1e}, and {above} are larger than the error that is stated. At short "
        f"baselines, up to {SHORT:g} eV², it was asked {len(near)} times: {lost} were refused."
    )
    head = "| release | waves | arrays: off by | stated | refused | numbers: off by | stated | refused |"
    lines = [head, f"|{'---|' * 8}"]
    for row in rows:
        cells = [f"{max(at['difference'] for at in row['waves']):.0e}"]
        for form in ("arrays", "numbers"):
            cells += _cells(row[form])
        lines.append(f"| {row['release']} | {' | '.join(cells)} |")
    others = [f"* {release}: {reason}" for release, reason in content["others"].items()]
    if content["missing"]:
        said += f" Not measured yet: {', '.join(content['missing'])}."
    return "\n".join([said, "", *lines, "", "These releases take no function, or no 3+1:", "", *others])


def wrong_ones(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what all releases do not keep of what is promised."""
    return [sentence for row in rows for sentence in wrong(row)]


def _cells(points: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the largest difference, the largest stated error and the refused splittings of a form."""
    kept = [at for at in points if not at.get("refused")]
    refused = [f"{at['dm2']:g}" for at in points if at.get("refused")]
    largest = [f"{max((at[name] for at in kept), default=0.0):.0e}" for name in ("difference", "stated")]
    return [*largest, f"{', '.join(refused)} eV²" if refused else "none"]


def main() -> None:
    """Write the table and the page: of the releases that are named, or of all."""
    names, known = sys.argv[1:], with_likelihood()
    found: dict[str, dict[str, Any] | str] = {}
    if names and STORED.is_file():
        stored = json.loads(STORED.read_text("utf-8"))
        found = {row["release"]: row for row in stored["rows"]} | stored["others"]
    for name in names or known:
        print(name, file=sys.stderr, flush=True)
        found[name] = asked(name, SPLITTINGS, SINGLE)
    problems = write({name: found[name] for name in known if name in found})
    print("\n".join([*problems, str(STORED)]))
    sys.exit(bool(problems))


def write(found: Mapping[str, dict[str, Any] | str]) -> list[str]:
    """Write the table and the page of what was found of releases; return what is wrong."""
    rows = [answer for answer in found.values() if not isinstance(answer, str)]
    others = {name: answer for name, answer in found.items() if isinstance(answer, str)}
    missing = [name for name in with_likelihood() if name not in found]
    content: dict[str, Any] = {"mixing": MIXING, "rows": rows, "others": others, "missing": missing}
    content["sha256"] = checksum(content)
    write_atomically(STORED, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    write_atomically(PAGE, with_table(PAGE.read_text("utf-8"), content).encode())
    return wrong_ones(rows)


if __name__ == "__main__":
    main()
