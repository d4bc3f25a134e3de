"""Every release's verdict on one point of a model."""

from collections.abc import Sequence

import click

from nuanomaly.cli import options, output


@click.command()
@click.argument("datasets", metavar="[DATASET…]", nargs=-1)
@options.model
@options.settings
@output.as_json
def survey(datasets: Sequence[str], model: str, settings: Sequence[str], as_json: bool) -> None:
    """Say what every release (or each DATASET) makes of one point of a model, beside three neutrinos.

    Nothing is combined. A release that cannot be evaluated says why.
    """
    from nuanomaly.inference.survey import survey as run
    from nuanomaly.inference.survey import with_likelihood
    from nuanomaly.likelihood.build import likelihood
    from nuanomaly.model.registry import model as make_model

    chosen = make_model(model)
    references = list(datasets) or with_likelihood()
    interactions = {p.name: p for name in references for p in likelihood(name).interaction_parameters}
    known = {**interactions, **{p.name: p for p in chosen.parameters}}
    values = options.parse_settings(settings, known, chosen.name)
    with output.progress("releases") as progress:
        verdicts = run(chosen, values, references, progress=progress)
    if as_json:
        output.emit([v.to_dict() for v in verdicts])
        return
    click.echo(f"model {chosen.name}; Δ < 0 where a release prefers it to three neutrinos")
    rows = [
        (
            v.release + (f":{v.mode}" if v.mode else ""),
            v.statistic or "–",
            output.number(v.value),
            v.n_bins or "",
            output.number(v.three_neutrinos),
            output.number(v.delta, 4),
            v.reason if v.statistic is None else ("approximate" if v.reason else ""),
        )
        for v in verdicts
    ]
    output.table(["release", "statistic", "value", "bins", "three neutrinos", "Δ", "note"], rows)
