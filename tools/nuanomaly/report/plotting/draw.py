"""One function that draws whatever an analysis or a result is."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError
from nuanomaly.inference.feldman_cousins import FeldmanCousins
from nuanomaly.inference.fit import Fit, fit_of, profile_of
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Question
from nuanomaly.inference.runs import StoredRun
from nuanomaly.inference.scan import Scan, scan_of
from nuanomaly.inference.sensitivity import Sensitivity
from nuanomaly.inference.survey import Verdict
from nuanomaly.report.plotting.charts import chart
from nuanomaly.report.plotting.expectations import limits
from nuanomaly.report.plotting.picture import TONES, Picture, parts
from nuanomaly.report.plotting.profiles import profiles
from nuanomaly.report.plotting.regions import by_toys, regions
from nuanomaly.report.plotting.spectra import ladder, spectrum

if TYPE_CHECKING:
    from nuanomaly.inference.analysis import Analysis

#: What can be drawn of an analysis.
KINDS = ("regions", "profile", "spectrum", "ladder")


def plot(
    what: "Analysis | Scan | FeldmanCousins | Fit | Sensitivity | Verdict | Sequence[Scan | Verdict]",
    *,
    kind: str = "",
    parameter: str = "",
    at: Mapping[str, float] | None = None,
    levels: Sequence[float] = (0.90, 0.99),
    contours: Sequence[str] = (),
    toys: Sequence[StoredRun] = (),
    progress: Progress | None = None,
) -> Picture:
    """Draw an analysis or a result.

    Parameters
    ----------
    what : Analysis, Scan, FeldmanCousins, Fit, Sensitivity, Verdict, or a list of scans or verdicts
        Of an analysis of several sides each side is drawn, and all together.
    kind : {"regions", "profile", "spectrum", "ladder"}, optional
        What to draw of an analysis: regions if two parameters are free or have an axis (others are minimised
        over), else the profile. Of a fit: the spectrum at its best point, or the ladder of data over what
        three neutrinos predict.
    parameter : str, optional
        Of a profile; the first free one if left out.
    at : mapping, optional
        The point of a spectrum or ladder; the best fit if left out.
    levels : sequence of float
        Confidence levels (Wilks' theorem, two degrees of freedom in a plane and one in a profile; critical
        values by toys for a :class:`FeldmanCousins`).
    contours : sequence of str
        Published contours to draw over regions, by their names in the releases ``contours``
        (:func:`nuanomaly.published_contours` lists them).
    toys : sequence of StoredRun
        Stored maps of critical values: the regions of the data as drawn last with these, at the same levels.

    Raises
    ------
    UnknownNameError
        For an unknown kind or contour.
    NuanomalyError
        If it cannot be drawn that way.

    Examples
    --------
    >>> from nuanomaly.inference.analysis import Analysis
    >>> grid = {"dm2_41": (0.1, 10.0, 21, "log"), "sin2_2theta_ee": (0.01, 1.0, 15, "log")}
    >>> picture = plot(Analysis("gallex", "2nu-ee", grid=grid), contours=["gallium-2011"])
    >>> sorted(set(picture.table["data"]))
    ['gallex@2010-r2']
    """
    if find_spec("matplotlib") is None:
        raise NuanomalyError('figures need matplotlib: install it with pip install "nuanomaly[report]"')
    if kind and kind not in KINDS:
        raise UnknownNameError("kind of figure", kind, KINDS)
    if isinstance(what, Sensitivity):
        return limits(what)
    if isinstance(what, FeldmanCousins):
        return by_toys(what, contours)
    if isinstance(what, Fit) and what.question is not None:
        return (ladder if kind == "ladder" else spectrum)(what.question, what.parameters)
    if isinstance(what, Question):
        return _of_question(what, kind, parameter, at, levels, contours, toys, progress)
    several = [what] if isinstance(what, Scan | Verdict) else list(what) if isinstance(what, Sequence) else []
    if several and all(isinstance(one, Verdict) for one in several):
        return chart([one for one in several if isinstance(one, Verdict)])
    scans = [one for one in several if isinstance(one, Scan)]
    if not scans or len(scans) < len(several):
        raise NuanomalyError(f"{type(what).__name__} cannot be drawn: give an Analysis, a result or a survey")
    named = [(" + ".join(s.datasets), s, TONES[k % len(TONES)]) for k, s in enumerate(scans)]
    if {tuple(a.name for a in s.axes) for s in scans} != {tuple(a.name for a in scans[0].axes)}:
        raise NuanomalyError("scans over different parameters cannot be drawn in one figure")
    if len(scans[0].axes) == 1:
        return profiles(named, levels, toys)
    return regions(named, levels, contours, toys)


#: How many parameters a plane has: with others that are minimised over, a fit takes searches of its own.
_PLANE = 2


def _of_question(
    what: Question,
    kind: str,
    parameter: str,
    at: Mapping[str, float] | None,
    levels: Sequence[float],
    contours: Sequence[str],
    toys: Sequence[StoredRun],
    progress: Progress | None,
) -> Picture:
    chosen = kind or ("regions" if len(what.free) - len(_profiled(what)) == 2 else "profile")
    if chosen in ("spectrum", "ladder"):
        drawn = spectrum if chosen == "spectrum" else ladder
        return drawn(what, at or fit_of(what, progress=progress).parameters)
    if chosen == "profile":
        if not what.free:
            raise NuanomalyError("no parameter is free: leave one out of the fixed values")
        name = parameter or what.free[0]
        lines = [(part, profile_of(own, name, progress), tone) for part, own, tone in parts(what)]
        return profiles(lines, levels, toys)
    own = parts(what)
    scans = [(n, scan_of(part, _profiled(part), progress), tone) for n, part, tone in own]
    # as on a page, above the best fit, which lies between the points of a grid
    least = {n: fit_of(part).value for n, part, _ in own if len(part.free) == _PLANE}
    return regions(scans, levels, contours, toys, least)


def _profiled(what: Question) -> tuple[str, ...]:
    """Return the free parameters that are minimised over: those without an axis, if two have one."""
    others = tuple(name for name in what.free if name not in what.grid)
    return others if len(what.free) - len(others) == 2 else ()
