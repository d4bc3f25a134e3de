"""An analysis: data sets under a model, resolved once, and all that can be asked of them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

from numpy.typing import ArrayLike

from nuanomaly.archive.cite import cite_result
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.inference.nominal import LEVELS, LIMIT, NOMINAL
from nuanomaly.inference.notebooks import shown_in_notebooks
from nuanomaly.inference.objective import Progress
from nuanomaly.inference.question import Question
from nuanomaly.inference.result import point_text
from nuanomaly.likelihood.interface import AnyModel

if TYPE_CHECKING:
    import arviz

    from nuanomaly.inference.ablation import Row
    from nuanomaly.inference.bayes import Posterior, Suspiciousness
    from nuanomaly.inference.cls import CLs
    from nuanomaly.inference.compatibility_result import Compatibility
    from nuanomaly.inference.density import Density
    from nuanomaly.inference.feldman_cousins import FeldmanCousins
    from nuanomaly.inference.fit import Fit
    from nuanomaly.inference.raster import Raster
    from nuanomaly.inference.scan import Scan
    from nuanomaly.inference.sensitivity import Construction, Sensitivity
    from nuanomaly.inference.significance import Sided, Significance
    from nuanomaly.inference.toys import ToyTest
    from nuanomaly.inference.workers import Placement


class Analysis(Question):
    """Data sets under a model, asked as often as one likes.

    The arguments are those of :class:`~nuanomaly.inference.question.Question`; the object is frozen, and
    :meth:`given` returns another one with other fixed values or axes. Every result shows itself in one line
    and as a table, says how it was obtained (``how``), and gives all of its numbers (``to_dict()``); tests
    have ``delta``, ``dof``, ``p_value`` and ``sigma``.

    Examples
    --------
    >>> grid = {"dm2_41": 31, "sin2_2theta_ee": 15}
    >>> analysis = Analysis(["gallium", "nue-carbon"], "2nu-ee", grid=grid)
    >>> analysis
    <Analysis: gallium, nue-carbon@2012-r1 under 2nu-ee; free: dm2_41, sin2_2theta_ee>
    >>> analysis.compare().dof
    2
    """

    def __repr__(self) -> str:
        fixed = f"; fixed: {point_text(self.fixed, self.units)}" if self.fixed else ""
        return (
            f"<Analysis: {', '.join(self.names)} under {self.model.name}; "
            f"free: {', '.join(self.free) or 'nothing'}{fixed}>"
        )

    def _repr_html_(self) -> str:
        from html import escape

        rows = [
            ("data", ", ".join(self.names)),
            ("model", self.model.name),
            *((p, f"free, {self._range(p)}") for p in self.free),
            *((n, f"fixed at {v:g}") for n, v in self.fixed.items()),
            *((f"left out: {n}", why) for n, why in self.left_out.items()),
        ]
        body = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in rows)
        return f"<table><caption>Analysis</caption><tbody>{body}</tbody></table>"

    def _range(self, name: str) -> str:
        """Return where a free parameter is looked for, in words."""
        try:
            axis = next(a for a in self.axes if a.name == name)
        except NuanomalyError:
            return "no range given"
        return f"{axis.low:.4g} … {axis.high:.4g}{'' if axis.unit == '1' else ' ' + axis.unit}"

    def cite(self) -> str:
        """Return the BibTeX of every release that is asked, and of the archive, with model and version."""
        return cite_result({**self.about, "fixed": dict(self.fixed)})

    def chi2(self, **parameters: ArrayLike) -> Any:
        """Return the statistic at values of the parameters, scalars or arrays, nuisances profiled.

        Those that are fixed need not be given.
        """
        return self.likelihood.chi2(self.model, **{**self.fixed, **parameters})

    @shown_in_notebooks
    def scan(
        self,
        *,
        profile: Sequence[str] = (),
        workers: int = 1,
        limit: float = LIMIT,
        progress: Progress | None = None,
    ) -> "Scan":
        """Return the statistic on the grid; see :func:`nuanomaly.scan`."""
        from nuanomaly.inference.scan import scan_of
        from nuanomaly.inference.workload import Effort

        return scan_of(self, profile, progress, Effort(workers=workers, limit=limit))

    @shown_in_notebooks
    def fit(
        self,
        *,
        errors: str | None = None,
        seed: int = 0,
        workers: int = 1,
        limit: float = LIMIT,
        progress: Progress | None = None,
    ) -> "Fit":
        """Return the best fit; see :func:`nuanomaly.fit`."""
        from nuanomaly.inference.fit import fit_of
        from nuanomaly.inference.workload import Effort

        return fit_of(self, errors, progress, Effort(seed, workers, limit))

    @shown_in_notebooks
    def profile(self, parameter: str, *, progress: Progress | None = None) -> "Scan":
        """Return the scan of one parameter, all others minimised over; see :func:`nuanomaly.profile`."""
        from nuanomaly.inference.fit import profile_of

        return profile_of(self, parameter, progress)

    @shown_in_notebooks
    def compare(
        self,
        *,
        seed: int = 0,
        workers: int = 1,
        limit: float = LIMIT,
        progress: Progress | None = None,
    ) -> "Compatibility":
        """Return whether the sides are compatible; see :func:`nuanomaly.compare`."""
        from nuanomaly.inference.compatibility import compatibility_of
        from nuanomaly.inference.workload import Effort

        return compatibility_of(self, progress, Effort(seed, workers, limit))

    @shown_in_notebooks
    def significance(
        self,
        *,
        dof: int | None = None,
        sided: "Sided" = "two-sided",
        best: "Fit | None" = None,
        progress: Progress | None = None,
    ) -> "Significance":
        """Return the significance against no oscillation by Wilks; see :func:`nuanomaly.significance`."""
        from nuanomaly.inference.fit import significance_of

        return significance_of(self, dof=dof, sided=sided, best=best, progress=progress)

    @shown_in_notebooks
    def toy_significance(self, **settings: Any) -> "ToyTest":
        """Return the significance against no oscillation by toys; see :func:`nuanomaly.toy_significance`."""
        from nuanomaly.inference.montecarlo import toy_significance_of

        return toy_significance_of(self, **settings)

    @shown_in_notebooks
    def toy_compatibility(self, **settings: Any) -> "ToyTest":
        """Return the parameter goodness of fit by toys; see :func:`nuanomaly.toy_compatibility`."""
        from nuanomaly.inference.toy_tensions import toy_compatibility_of

        return toy_compatibility_of(self, **settings)

    @shown_in_notebooks
    def toy_goodness(self, **settings: Any) -> "ToyTest":
        """Return the goodness of the best fit by toys; see :func:`nuanomaly.toy_goodness`."""
        from nuanomaly.inference.montecarlo import toy_goodness_of

        return toy_goodness_of(self, **settings)

    @shown_in_notebooks
    def toy_hypothesis(self, at: Mapping[str, float], **settings: Any) -> "ToyTest":
        """Return the test of one point by its own toys; see :func:`nuanomaly.toy_hypothesis`."""
        from nuanomaly.inference.montecarlo import toy_hypothesis_of

        return toy_hypothesis_of(self, at, **settings)

    @shown_in_notebooks
    def feldman_cousins(
        self,
        *,
        levels: Sequence[float] = LEVELS,
        toys: int = 1000,
        seed: int = 0,
        placement: "Placement | None" = None,
        progress: Progress | None = None,
        **settings: Any,
    ) -> "FeldmanCousins":
        """Return critical values by toys, and the region; see :func:`nuanomaly.feldman_cousins`."""
        from nuanomaly.inference.feldman_cousins import feldman_cousins_of

        return feldman_cousins_of(
            self, levels=levels, toys=toys, seed=seed, placement=placement, progress=progress, **settings
        )

    @shown_in_notebooks
    def coverage(
        self,
        *,
        at: Sequence[Mapping[str, float]] = (),
        levels: Sequence[float] = NOMINAL,
        toys: int = 1000,
        seed: int = 0,
        placement: "Placement | None" = None,
        progress: Progress | None = None,
    ) -> "FeldmanCousins":
        """Return what regions of Wilks' theorem really cover; see :func:`nuanomaly.coverage`."""
        from nuanomaly.inference.coverage import coverage_of

        return coverage_of(
            self, at=at, levels=levels, toys=toys, seed=seed, placement=placement, progress=progress
        )

    def raster(self, along: str, **settings: Any) -> "Raster":
        """Return a raster scan along one parameter; see :func:`nuanomaly.raster`."""
        from nuanomaly.inference.raster import raster_of

        return raster_of(self, along, **settings)

    def gaussian_cls(self) -> "CLs":
        """Return CLs on the grid by the Gaussian method; see :func:`nuanomaly.gaussian_cls`."""
        from nuanomaly.inference.cls import gaussian_cls_of

        return gaussian_cls_of(self)

    def toy_cls(
        self,
        points: Mapping[str, ArrayLike],
        *,
        statistic: Literal["ratio", "one-sided"] = "ratio",
        toys: int = 1000,
        seed: int = 0,
    ) -> "CLs":
        """Return CLs at points by toys of both hypotheses; see :func:`nuanomaly.toy_cls`."""
        from nuanomaly.inference.cls import toy_cls_of

        return toy_cls_of(self, points, statistic=statistic, toys=toys, seed=seed)

    @shown_in_notebooks
    def sensitivity(
        self,
        *,
        cl: float = 0.95,
        construction: "Construction" = "plane",
        toys: int = 500,
        seed: int = 0,
        placement: "Placement | None" = None,
        progress: Progress | None = None,
    ) -> "Sensitivity":
        """Return the limits that are expected without oscillation; see :func:`nuanomaly.sensitivity`."""
        from nuanomaly.inference.sensitivity import sensitivity_of

        return sensitivity_of(
            self,
            cl=cl,
            construction=construction,
            toys=toys,
            seed=seed,
            placement=placement,
            progress=progress,
        )

    def injected(
        self, at: Mapping[str, float], *, model: AnyModel | None = None, seed: int | None = None
    ) -> Self:
        """Return the same analysis of data that a hypothesis expects, in place of the observed ones.

        Every result of it says that its data were not observed.

        Parameters
        ----------
        at : mapping
            The parameters of the hypothesis; nuisances too, else they are at the centre of their priors.
        model : str, Model or callable, optional
            Another model than the one that is fitted.
        seed : int, optional
            A data set that fluctuates, drawn with this seed; without fluctuations if left out (Asimov).

        Raises
        ------
        NotApplicableError
            If one of the data sets is a tabulated surface.

        Examples
        --------
        >>> karmen = Analysis("karmen", "2nu-mue", fixed={"dm2_41": 100.0})
        >>> best = karmen.injected({"sin2_2theta_mue": 0.005}).fit()
        >>> round(best.parameters["sin2_2theta_mue"], 5)
        0.005
        """
        from nuanomaly.inference.injection import injected

        return injected(self, at, model, seed)

    def density(self, *, prior: Mapping[str, str] | None = None) -> "Density":
        """Return the posterior density as a function, for samplers; priors as of :meth:`posterior`."""
        from nuanomaly.inference.density import Density

        return Density(self, prior)

    def log_prob(self, at: ArrayLike) -> Any:
        """Return ln of prior × likelihood at values of the free parameters, shape (k,) or (P, k).

        The prior is flat over the range of each parameter, in its logarithm if its axis is logarithmic.
        """
        return self.density().log_prob(at)

    def prior_transform(self, unit: ArrayLike) -> Any:
        """Return values of the free parameters for numbers between 0 and 1, shapes (…, k)."""
        return self.density().prior_transform(unit)

    def sample(
        self,
        sampler: Literal["dynesty", "emcee"] = "dynesty",
        *,
        prior: Mapping[str, str] | None = None,
        draws: int = 2000,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> "arviz.InferenceData":
        """Return draws from the posterior, as ArviZ's InferenceData.

        Parameters
        ----------
        sampler : {"dynesty", "emcee"}
            Nested sampling, which also gives the evidence (``posterior.attrs["log_evidence"]``) and finds
            islands far apart; or an ensemble of walkers.
        prior : mapping, optional
            As of :meth:`posterior`.
        draws : int
            About how many.

        Raises
        ------
        NuanomalyError
            If the packages are not installed (``pip install "nuanomaly[samplers]"``).
        """
        from nuanomaly.inference.density import Density
        from nuanomaly.inference.samplers import sample

        return sample(Density(self, prior), sampler, draws=draws, seed=seed, progress=progress)

    def to_pyhf(self) -> dict[str, Any]:
        """Return the analysis of counts as a workspace of pyhf; see
        :func:`nuanomaly.inference.pyhf_workspace.workspace`."""
        from nuanomaly.inference.pyhf_workspace import workspace

        return workspace(self)

    def posterior(self, *, prior: Mapping[str, str] | None = None) -> "Posterior":
        """Return the posterior on the grid; see :func:`nuanomaly.posterior`."""
        from nuanomaly.inference.bayes import posterior_of

        return posterior_of(self, prior)

    def suspiciousness(self, *, prior: Mapping[str, str] | None = None) -> "Suspiciousness":
        """Return the tension of two sides that depends on no prior's width; see
        :func:`nuanomaly.suspiciousness`."""
        from nuanomaly.inference.bayes import suspiciousness_of

        return suspiciousness_of(self, prior)

    def ablation(self, *, bins: bool = True) -> "list[Row]":
        """Return what other definitions of χ² would give; see :func:`nuanomaly.ablation`."""
        from nuanomaly.inference.ablation import ablation_of

        return ablation_of(self, bins=bins)
