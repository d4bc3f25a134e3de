"""What a ``report.py`` works with: its declaration, pinned data, a place for numbers, figures and words.

A report begins with::

    from nuanomaly.report import context, figures

    page = context.here()

It runs the same in Jupyter and in the build. In the build, the numbers recorded with :meth:`Page.result` are
checked against the expectations of ``comparison.yaml`` and written to ``result.json``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from nuanomaly.archive.release import load
from nuanomaly.inference.grid import Grid
from nuanomaly.inference.runs import StoredRun, stored_run
from nuanomaly.inference.significance import Significance
from nuanomaly.likelihood.build import declared_modes, join, likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.report import declaration, own, published, sides, standard, tension
from nuanomaly.report.answered import Answers
from nuanomaly.report.calibration import HEADER, Calibrated, calibrated, note
from nuanomaly.report.record import Recorder
from nuanomaly.report.sides import Side


@dataclass(frozen=True, eq=False)
class Page(Recorder):
    """The page that a report writes: what is declared, what is asked of it, and where the answers go."""

    # --- data -------------------------------------------------------------------------------------------

    @cached_property
    def answers(self) -> Answers:
        """The stored fits, scans and comparisons, which sides and tests take where one is declared."""
        return Answers(self.comparison.folder)

    @property
    def model(self) -> str:
        """The model of the comparison."""
        return self.comparison.model_reference(str(self.comparison.metadata["model"]))

    @property
    def levels(self) -> tuple[float, ...]:
        """The confidence levels of the regions."""
        return tuple(self.comparison.metadata["statistics"]["confidence_levels"])

    @property
    def grid(self) -> dict[str, tuple[float, float, int, str]]:
        """The declared scan, as :func:`nuanomaly.inference.scan.scan` takes it."""
        declared = self.comparison.metadata["parameters"]
        return {
            k: (float(v["low"]), float(v["high"]), int(v["points"]), v["scale"]) for k, v in declared.items()
        }

    def likelihood(self, key: str, mode: str | None = None) -> Likelihood:
        """Return the likelihood of a side of the comparison, or of a pinned release.

        Parameters
        ----------
        key : str
            A key of ``datasets``, or a pinned release (``NAME``, ``NAME@LABEL``).
        mode : str, optional
            The analysis variant, if not the declared one; of several releases it goes to those that have it.
        """
        if key not in self.comparison.datasets:
            return likelihood(self.release(key), mode)
        dataset = self.comparison.dataset(key)
        wanted = mode or dataset.mode
        if len(dataset.releases) == 1:
            return likelihood(self.comparison.load(dataset.releases[0]), wanted)
        members = [self.comparison.reference(id) for id in dataset.releases]
        return join(dataset.title, [_in_mode(member, wanted) for member in members])

    def side(
        self,
        *data: "str | Likelihood | Side",
        key: str = "",
        title: str = "",
        mode: str | None = None,
        grid: Grid | None = None,
        fixed: Mapping[str, float] | None = None,
        allow_overlap: bool = False,
        untested: str = "",
    ) -> Side:
        """Return data sets that are read together, as a side whose fit, significance and scan can be asked.

        Parameters
        ----------
        *data : str, Likelihood or Side
            Keys of ``datasets``, pinned releases, likelihoods or other sides; several are added up.
        key, title : str, optional
            Below which its numbers are recorded, and its name; those of the data if left out.
        mode : str, optional
            The analysis variant of data named by text, if not the declared one.
        grid : mapping, optional
            Of the fit; the declared one if left out. A scan is always over the declared one.
        fixed : mapping, optional
            Parameters of the model that are not fitted, and stay so in sides and tests made of this side.
        allow_overlap : bool
            Add up data that share some, and say so.
        untested : str
            Why the value without oscillation is not known: there is no significance then.
        """
        side = sides.made(self, data, key, title, mode, grid, fixed, allow_overlap)
        return replace(side, untested=untested) if untested else side

    def contour(self, name: str) -> published.Contour:
        """Return a published contour, for :func:`nuanomaly.report.figures.published`.

        Parameters
        ----------
        name : str
            Of a pinned release of ``contours``, such as ``lsnd-99``; ``RELEASE/TABLE`` or
            ``RELEASE/TABLE/LEVEL`` of any other pinned release.

        Raises
        ------
        UnknownNameError
            If no pinned release has it.
        """
        return published.contour(name, self.comparison.releases(), self.release)

    # --- numbers ----------------------------------------------------------------------------------------

    def best_fits(
        self, caption: str, those: Sequence[Side], *, record: Sequence[str] = (), note: str = ""
    ) -> None:
        """Write a table of best fits and significances, and record ``KEY.best_fit`` and so on.

        Parameters
        ----------
        caption : str
        those : sequence of Side
        record : sequence of str
            Which numbers are recorded: ``best_fit``, ``minimum``, ``null``, ``significance``; all there are
            if left out.
        note : str
            What stands below the table, after how the significances were obtained.
        """
        for side in those:
            self.record_side(side, *record)
        how = next((side.against_none.how for side in those if side.against_none), "")
        said = (
            f"Significances: {how}. At no oscillation Wilks' theorem does not hold: see the toys."
            if how
            else ""
        )
        said += "".join(f" {side.title} has none: {side.untested}." for side in those if side.untested)
        rows = [side.row() for side in those]
        self.table(caption, sides.header(those), rows, f"{said} {note}".strip())

    def record_side(self, side: Side, *names: str) -> None:
        """Record numbers of a side below its key: all there are, or those named."""
        for name, (value, how) in side.numbers(names).items():
            self.record(side.key, {name: value}, how)

    def test(
        self,
        *data: "str | Likelihood | Side",
        key: str = "pg",
        title: str = "",
        grid: Grid | None = None,
        allow_overlap: bool = False,
        best_fit: str = "joint",
        pulls: bool = True,
    ) -> tension.Tension:
        """Test data against each other by the parameter goodness of fit, and record it.

        Parameters
        ----------
        *data : str, Likelihood or Side
            At least two, as for :meth:`side`.
        key : str
            ``KEY.chi2``, ``KEY.dof``, ``KEY.p_value`` and ``KEY.sigma`` are recorded.
        title : str, optional
            What is tested, as tables say it; the titles of the sides if left out.
        grid : mapping, optional
            The declared one if left out.
        allow_overlap : bool
        best_fit : str
            The common best fit is recorded as ``BEST_FIT.best_fit``; empty: not at all.
        pulls : bool
            Whether what it costs each side is recorded, as ``SIDE.pull``. Both only of the test ``pg``.
        """
        done = tension.made(self, data, title, grid, allow_overlap)
        self.record(key, tension.goodness(done.pg), done.pg.how)
        if key == "pg":
            self.record(best_fit, {"best_fit": done.best_fit} if best_fit else {})
            for side, pull in done.pulls.items() if pulls else ():
                self.result(f"{side}.pull", pull, meaning="share of χ²_PG")
        return done

    def tensions(
        self, caption: str, those: Sequence[tension.Tension], first: str = "data", note: str = ""
    ) -> None:
        """Write a table of tests: χ²PG, p, σ, what they cost each side, and the common best fits."""
        said = f"{tension.note(those)} {note}".strip()
        self.table(caption, tension.header(those, first), tension.rows(those), said)

    def standard(
        self,
        *,
        contours: Sequence[str] = (),
        lines: Sequence[Side] = (),
        toys: Mapping[str, str] | None = None,
        untested: Mapping[str, str] | None = None,
        allow_overlap: bool = False,
        verdict: bool = True,
    ) -> standard.Standard:
        """Write what is asked of every comparison, from ``comparison.yaml`` alone.

        Regions of each side and of all together (figure ``regions``), a table of best fits, the parameter
        goodness of fit of the sides that are ``tested``, stored toys beside Wilks' theorem, a verdict.

        Parameters
        ----------
        contours : sequence of str
            Published contours that are drawn over the regions, see :meth:`contour`.
        lines : sequence of Side
            Further data, or other readings of the same, whose regions are drawn as lines.
        toys : mapping, optional
            By key of a side, or ``compatibility``: the stored run of its test if that is not called like
            the key (``OTHER-PAGE/RUN``), or a sentence that says why there is none.
        untested : mapping, optional
            By key of a side: why its value without oscillation is not known, so that it has no significance.
        allow_overlap : bool
            Test sides that share data, and say so.
        verdict : bool
            Whether the standard verdict is said; a report says its own otherwise.

        Returns
        -------
        Standard
            All that was computed, to go on with.
        """
        return standard.write(
            self,
            contours=contours,
            lines=lines,
            toys=toys,
            untested=untested,
            allow_overlap=allow_overlap,
            verdict=verdict,
        )

    # --- toys -------------------------------------------------------------------------------------------

    def toys(self, run: str) -> StoredRun:
        """Return a stored run of toys by its name in ``runs.yaml``, or ``COMPARISON/RUN`` of another page.

        Raises
        ------
        UnknownNameError
            If no such run is declared.
        NuanomalyError
            If its result is not stored, or not that of the declaration and the releases: a page makes no
            toys itself.
        """
        other, _, name = run.rpartition("/")
        folder = self.comparison.folder
        return stored_run(folder.parent / other if other else folder, name)

    def side_by_side(
        self, tests: Mapping[str, tuple[str, Significance | int | None]], caption: str = "", **without: str
    ) -> dict[str, Calibrated]:
        """Write a table of tests by Wilks' theorem and by toys, record both, and return them.

        Parameters
        ----------
        tests : mapping of str to (str, Significance, int or None)
            By the stored run (see :meth:`toys`): a title, and the test by Wilks' theorem, or its degrees of
            freedom alone (then at the Δ of the run).
        caption : str
        **without : str
            Names in ``tests`` that are no runs, and why no toys can be made.

        Returns
        -------
        dict of str to Calibrated
            Recorded as ``toys.NAME.p_value`` and so on.
        """
        entries = {}
        for name, (title, wilks) in tests.items():
            run = None if name in without else self.toys(name)
            entries[name] = calibrated(title, wilks, run, without.get(name, ""))
            key = f"toys.{name.replace('/', '.')}"
            self.record(key, entries[name].as_dict(), entries[name].method)
        said = caption or "The same tests by Wilks' theorem and by Monte Carlo."
        self.table(said, HEADER, [one.row() for one in entries.values()], note(entries, self.comparison.name))
        return entries


def here(folder: Path | None = None) -> Page:
    """Return the page of the comparison in a folder (the working directory, unless another is named)."""
    place = (folder or Path.cwd()).resolve()
    return Page(own.read(place) if own.is_own(place) else declaration.read(place))


def _in_mode(reference: str, mode: str | None) -> str:
    """Return ``NAME@VERSION:MODE`` if the release has that mode, else without it."""
    return f"{reference}:{mode}" if mode and mode in declared_modes(load(reference))[1] else reference
