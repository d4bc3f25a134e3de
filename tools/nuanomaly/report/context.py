"""What a ``report.py`` works with: its declaration, pinned data, a place for numbers, figures and words.

A report begins with::

    from nuanomaly.report import context, figures

    page = context.here()

It runs the same in Jupyter and in the build. In the build, the numbers recorded with :meth:`Page.result` are
checked against the expectations of ``comparison.yaml`` and written to ``result.json``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nuanomaly.report import declaration, own, standard
from nuanomaly.report.questions import Questions
from nuanomaly.report.sides import Side


@dataclass(frozen=True, eq=False)
class Page(Questions):
    """The page that a report writes: what is declared, what is asked of it, and where the answers go."""

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


def here(folder: Path | None = None) -> Page:
    """Return the page of the comparison in a folder (the working directory, unless another is named)."""
    place = (folder or Path.cwd()).resolve()
    return Page(own.read(place) if own.is_own(place) else declaration.read(place))
