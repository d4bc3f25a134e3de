"""Every release's verdict on one point of a model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from nuanomaly.cli import options, output

if TYPE_CHECKING:
    from nuanomaly.inference.survey import Verdict
    from nuanomaly.model.probabilities import Model


@click.command()
@click.argument("datasets", metavar="[DATASET…]", nargs=-1)
@options.model
@options.settings
@click.option("--fit", is_flag=True, help="Fit what is not --set to each release alone.")
@output.as_json
def survey(datasets: Sequence[str], model: str, settings: Sequence[str], fit: bool, as_json: bool) -> None:
    """Say what every release (or each DATASET) makes of one point of a model, beside three neutrinos.

    With --fit, of the best point of each release. A release that cannot take the model, or where the model
    fails, says why. Below the table stands the sum of the differences, where no two releases share data.
    """
    from nuanomaly.inference.survey import combined, with_likelihood

    references = list(datasets) or with_likelihood()
    chosen, entries = verdicts(references, model, settings, fit)
    if as_json:
        output.emit([v.to_dict() for v in entries])
        return
    point = "the best point of each release" if fit else "one point"
    click.echo(f"model {chosen.name} at {point}; Δ < 0 where a release prefers it to three neutrinos")
    rows = [
        (
            v.release + (f":{v.mode}" if v.mode else ""),
            v.statistic or "–",
            output.number(v.value),
            v.n_bins or "",
            output.number(v.three_neutrinos),
            output.number(v.null),
            output.number(v.delta, 4),
            _note(v),
        )
        for v in entries
    ]
    headings = ["release", "statistic", "value", "bins", "three neutrinos", "own null", "Δ", "note"]
    output.table(headings, rows)
    total, shared = combined(references, entries)
    if total is not None:
        click.echo(f"together: Δ = {output.number(total, 4)} (no two of them share data)")
    elif shared:
        first = shared[0]
        click.echo(
            f"not added up: {len(shared)} pairs share data, such as {first.first} and {first.second}; name "
            "the data sets that are to be added"
        )


def verdicts(
    references: Sequence[str], model: str, settings: Sequence[str], fit: bool
) -> "tuple[Model, Sequence[Verdict]]":
    """Return the model that was named, and what each release says of the point that the texts give."""
    from nuanomaly.inference.survey import survey as run
    from nuanomaly.likelihood.build import likelihood
    from nuanomaly.model.registry import model as make_model

    chosen = make_model(model)
    interactions = {p.name: p for name in references for p in likelihood(name).interaction_parameters}
    known = {**interactions, **{p.name: p for p in chosen.parameters}}
    values = options.parse_settings(settings, known, chosen.name)
    with output.progress("releases") as progress:
        return chosen, run(chosen, values, references, fit=fit, progress=progress)


def _note(verdict: "Verdict") -> str:
    """Return what a row must say besides its numbers."""
    if verdict.status != "evaluated":
        return verdict.reason
    fitted = ", ".join(f"{name} = {value:.4g}" for name, value in verdict.fitted.items())
    said, approximate, _ = verdict.reason.partition("approximate: ")
    return "; ".join(filter(None, (fitted, said.rstrip("; "), "approximate" if approximate else "")))
