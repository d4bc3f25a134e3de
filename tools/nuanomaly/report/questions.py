"""What is asked of the data of a page: fits of sides, tests of them against each other, toys beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Unpack

from nuanomaly.inference.grid import Grid
from nuanomaly.inference.significance import Significance
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.report import sides, tension
from nuanomaly.report.calibration import HEADER, Calibrated, calibrated, note
from nuanomaly.report.sheet import Sheet
from nuanomaly.report.sides import Asked, Side


class Questions(Sheet):
    """A sheet that is asked, and keeps the answers."""

    def side(
        self,
        *data: "str | Likelihood | Side",
        untested: str = "",
        **asked: Unpack[Asked],
    ) -> Side:
        """Return data sets that are read together, as a side whose fit, significance and scan can be asked.

        Parameters
        ----------
        *data : str, Likelihood or Side
            Keys of ``datasets``, pinned releases, likelihoods or other sides; several are added up.
        untested : str
            Why the value without oscillation is not known: there is no significance then.
        **asked
            ``key``, ``title``, ``mode``, ``grid``, ``fixed`` and ``allow_overlap``, see
            :class:`~nuanomaly.report.sides.Asked`.
        """
        side = sides.made(self, data, **asked)
        return replace(side, untested=untested) if untested else side

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
        done = tension.made(self.side, self.answers, data, title, grid, allow_overlap)
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
