"""Response → Transform → Statistic as one likelihood."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.likelihood.algebra.convex import Local
from nuanomaly.likelihood.algebra.ensemble import GaussianForm
from nuanomaly.likelihood.algebra.gaussian_tables import Table, shared_table
from nuanomaly.likelihood.averaging import Sampling
from nuanomaly.likelihood.breakdown import Breakdown
from nuanomaly.likelihood.families.contract import Statistic
from nuanomaly.likelihood.families.moments import Moments
from nuanomaly.likelihood.interface import Likelihood
from nuanomaly.likelihood.parts import (
    Prediction,
    Response,
    Transform,
)
from nuanomaly.likelihood.penalty import Penalty
from nuanomaly.likelihood.quadratic import Quadratic
from nuanomaly.model.extra_events import ExtraEvents
from nuanomaly.model.on_oscillation import OnOscillation
from nuanomaly.model.probabilities import Array, Model, NotApplicableError, Parameter
from nuanomaly.model.recoil import RecoilInteraction


@dataclass(frozen=True, eq=False)
class ResponseLikelihood(Likelihood):
    """Response → Transform → Statistic, and the terms the release adds for parameters of the model."""

    response: Response = field(kw_only=True)
    transform: Transform = field(kw_only=True)
    measure: Statistic = field(kw_only=True)
    penalties: tuple[Penalty, ...] = field(kw_only=True, default=())

    @property
    def interaction_parameters(self) -> tuple[Parameter, ...]:
        """The response's interaction parameters."""
        return self.response.interaction_parameters

    @property
    def max_L_over_E(self) -> float | None:
        """The largest L/E of the channels in m/MeV; None if the response has none."""
        return max((channel.max_L_over_E for channel in self.response.channels), default=None)

    def prediction(self, model: Model, points: Mapping[str, Array]) -> Prediction:
        """Return the prediction at complete points."""
        interaction = {p.name: points[p.name] for p in self.interaction_parameters}
        result = self.transform(self._outputs(model, points))
        return replace(result, interaction=interaction) if interaction else result

    def _outputs(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the response's outputs at complete points, shape (P, n_out)."""
        extra = self._extra(model, points)
        if isinstance(model, OnOscillation):
            model = model.oscillation
        own = {p.name for p in model.parameters}
        physics = {k: v for k, v in points.items() if k in own}
        interaction = {p.name: points[p.name] for p in self.interaction_parameters}
        if not model.sampled or not self.response.channels:
            return self.response(model, physics, interaction) + extra
        return self._sampling(model, points).settled(physics, interaction)[0] + extra

    def _extra(self, model: Model, points: Mapping[str, Array]) -> Array | float:
        """Return what a hypothesis adds to the outputs, shape (P, n_out)."""
        if isinstance(model, RecoilInteraction):
            added = self.response.recoils(
                model, points, {p.name: points[p.name] for p in self.interaction_parameters}
            )
            if added is None:
                raise NotApplicableError(
                    f"not applicable: {self.release} has no recoils of nuclei, which {model.name!r} is about"
                )
            return added
        if not isinstance(model, ExtraEvents):
            return 0.0
        template = model.template(self.release, self.mode)
        if template.events is not None:
            if template.events.shape != (self.response.n_out,):
                raise NuanomalyError(
                    f"{self.release}: a template of {model.name!r} has shape {template.events.shape}, the "
                    f"response has {self.response.n_out} outputs"
                )
            return template.distorted(model.strength(points)[:, None] * template.events, points)
        chosen = [c for c in self.response.channels if (c.initial, c.final) == model.channel]
        if not chosen:
            raise NotApplicableError(
                f"not applicable: {self.release} has no channel {'→'.join(model.channel)}, in which the "
                f"events of {model.name!r} are given"
            )
        events = [c.weighted(template.at_nodes(c.nodes, points)) for c in chosen]
        return template.distorted(model.strength(points)[:, None] * np.sum(events, axis=0), points)

    def _sampling(self, model: Model, points: Mapping[str, Array]) -> Sampling:
        """Return what averages a model that is sampled."""

        def statistic(outputs: Array, rows: NDArray[np.intp]) -> Array:
            prediction = self.transform(outputs)
            at = {p.name: points[p.name][rows] for p in self.interaction_parameters}
            return self.measure.value(replace(prediction, interaction=at) if at else prediction)

        return Sampling(self.response, model, statistic, self.release)

    def averaging_error(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the stated error of averages over intervals of L/E, shape (P,); zero in closed form."""
        if not model.sampled or not self.response.channels:
            return super().averaging_error(model, points)
        own = {p.name for p in model.parameters}
        physics = {k: v for k, v in points.items() if k in own}
        interaction = {p.name: points[p.name] for p in self.interaction_parameters}
        return self._sampling(model, points).settled(physics, interaction)[1]

    def value(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the statistic, nuisances profiled, and the penalties, shape (P,)."""
        return self.measure.value(self.prediction(model, points)) + self._penalty(model, points)

    def quadratic(self, model: Model, points: Mapping[str, Array]) -> Quadratic | None:
        """Return the statistic and the penalties as a quadratic form in the nuisances, priors left out."""
        form = self.measure.quadratic(self.prediction(model, points))
        return None if form is None else self._raised(form, model, points)

    def local(self, model: Model, points: Mapping[str, Array]) -> Local | None:
        """Return the expansion of both about any values (P, K) of the nuisances, priors left out."""
        local = self.measure.local(self.prediction(model, points))
        if local is None:
            return super().local(model, points)
        if not self.penalties and not self._tied(model):
            return local
        size = max((v.size for v in points.values()), default=1)
        penalty = np.broadcast_to(self._penalty(model, points), (size,))

        def raised(xi: Array, rows: NDArray[np.intp]) -> Quadratic:
            form = local(xi, rows)
            return replace(form, constant=form.constant + penalty[rows])

        return raised

    def _penalty(self, model: Model, points: Mapping[str, Array]) -> Array | float:
        own = sum((penalty(model, points, self.release) for penalty in self.penalties), 0.0)
        return own + model.penalty(self.release, self.mode, points) if isinstance(model, ExtraEvents) else own

    def _tied(self, model: Model) -> bool:
        """Say whether the hypothesis brings priors of its own for this release."""
        if not isinstance(model, ExtraEvents):
            return False
        return bool(model.template(self.release, self.mode).systematics)

    def _raised(self, form: Quadratic, model: Model, points: Mapping[str, Array]) -> Quadratic:
        return (
            replace(form, constant=form.constant + self._penalty(model, points))
            if self.penalties or self._tied(model)
            else form
        )

    @property
    def data(self) -> Array:
        """The data, shape (n_bins,)."""
        return self.measure.data

    def given(self, data: Array) -> "ResponseLikelihood":
        """Return the same likelihood with other data (n_bins,)."""
        return replace(self, measure=self.measure.with_data(data), transform=self.transform.with_data(data))

    def toys(
        self,
        model: Model,
        points: Mapping[str, Array],
        count: int,
        random: np.random.Generator,
        nuisances: Mapping[str, Array] | None = None,
    ) -> Array:
        """Return data (count, n_bins) that could have been observed at one complete point."""
        prediction = self.prediction(model, points)
        true = self.nuisances.draw(count, random) if nuisances is None else nuisances
        drawn = self._side_by_side(true, count)
        if prediction.moved is None:
            means = prediction.mu + drawn @ prediction.jacobian[0].T
        else:
            moved = prediction.moved(drawn, np.zeros(len(drawn), np.intp))
            means = moved.mu + np.einsum("tnk,tk->tn", moved.jacobian, drawn)
        means = np.broadcast_to(means, (count, self.measure.data.size))
        return self.measure.sample(prediction, means, random)

    def means(self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]) -> Array:
        """Return the means of data at complete points, shape (P, n_bins), with all nuisances by id."""
        prediction = self.prediction(model, points)
        count = len(prediction.mu)
        at = self._side_by_side(nuisances, count)
        result = prediction if prediction.moved is None else prediction.moved(at, np.arange(count))
        return np.asarray(result.mu + np.einsum("pnk,pk->pn", result.jacobian, at))

    def _side_by_side(self, nuisances: Mapping[str, Array], count: int) -> Array:
        values = np.array([nuisances[name] for name in self.nuisances.ids])
        return values.reshape(len(self.nuisances), count).T

    def tabulate(self, model: Model, points: Mapping[str, Array]) -> Table:
        """Return what turns data sets (T, n_bins) into the statistic at complete points, shape (T, P)."""
        inverse = self.measure.inverse_covariance()
        shared = None if inverse is None else self.transform.shared(self._outputs(model, points))
        if inverse is not None and shared is not None:
            table: Table = shared_table(inverse, shared.shares, shared.groups)
        elif self.transform.follows_data:
            return super().tabulate(model, points)
        else:
            table = self.measure.table(self.prediction(model, points))
        penalty = self._penalty(model, points)
        return (lambda data: table(data) + penalty) if self.penalties or self._tied(model) else table

    def gaussian(self, model: Model, points: Mapping[str, Array]) -> GaussianForm | None:
        """Return data, covariance and predictions if the statistic is a χ² of a fixed covariance, or None."""
        inverse = self.measure.inverse_covariance()
        if inverse is None or self.penalties or self._tied(model) or self.transform.follows_data:
            return None
        prediction = self.prediction(model, points)
        if prediction.moved is not None:
            return None
        return GaussianForm(self.data, inverse, prediction.mu, prediction.jacobian, self.nuisances)

    def breakdown(
        self, model: Model, points: Mapping[str, Array], nuisances: Mapping[str, Array]
    ) -> tuple[Breakdown, ...]:
        """Return what the statistic is made of at one complete point (see the base)."""
        measure = self.measure
        there = self.prediction(model, points).at(self._side_by_side(nuisances, 1))
        terms = {name: float(value[0]) for name, value in measure.other_terms(there).items()}
        if self.penalties or self._tied(model):
            terms["priors of parameters"] = float(np.ravel(self._penalty(model, points))[0])
        pulls = {name: float(value[0]) for name, value in measure.own_pulls(there).items()}
        bins = measure.contributions(there)[0]
        errors = measure.errors(there)[0]
        return (Breakdown(self.release, bins, measure.pulls(there)[0], terms, pulls, errors),)

    def moments(self, model: Model, points: Mapping[str, Array]) -> Moments | None:
        """Return mean and covariance of the data at complete points, or None (see the base)."""
        if self.transform.follows_data:
            return None
        result = self.measure.moments(self.prediction(model, points))
        return (
            None
            if result is None
            else replace(result, constant=result.constant + self._penalty(model, points))
        )

    def observables(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return the prediction at nominal nuisances, shape (P, n)."""
        return self.prediction(model, points).mu

    def nuisance_effects(self, model: Model, points: Mapping[str, Array]) -> Array:
        """Return ∂mu/∂ξ, shape (P, n, K)."""
        return self.prediction(model, points).jacobian
