"""What a page is about: its declaration, its pinned data, and what is stored of them."""

from functools import cached_property

from nuanomaly.archive.loading import load
from nuanomaly.inference.runs import StoredRun, stored_run
from nuanomaly.likelihood.build import declared_modes, join, likelihood
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.report import published
from nuanomaly.report.answered import Answers
from nuanomaly.report.record import Recorder


class Sheet(Recorder):
    """A record with the data that it is about."""

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


def _in_mode(reference: str, mode: str | None) -> str:
    """Return ``NAME@VERSION:MODE`` if the release has that mode, else without it."""
    return f"{reference}:{mode}" if mode and mode in declared_modes(load(reference))[1] else reference
