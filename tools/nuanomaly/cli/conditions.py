"""What an answer rests on, said below it: ranges, data left out, shared or private, approximations."""

from typing import TYPE_CHECKING

import click

from nuanomaly.cli import output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nuanomaly.inference.analysis import Analysis


def ranges(asked: "Analysis") -> None:
    """Say where the free parameters are looked for."""
    for axis in asked.axes:
        unit = "" if axis.unit == "1" else f" {axis.unit}"
        known = ", as far as all the data know it" if axis.name in _narrowed(asked) else ""
        null = asked.parameters[axis.name].null
        vanishing = ", and on towards 0" if axis.log and axis.reaches(null) and not null else ""
        click.echo(f"  {axis.name} from {axis.low:.5g} to {axis.high:.5g}{unit}{vanishing}{known}")


def _narrowed(asked: "Analysis") -> set[str]:
    """Return the free parameters whose own range is cut to what the data know."""
    from nuanomaly.inference.grid import known_parameters

    own = known_parameters(asked.likelihood, asked.model)
    return {n for n in asked.free if n not in asked.grid and asked.parameters[n].scan != own[n].scan}


def state(
    asked: "Analysis", approximate: str | None = None, point: "Mapping[str, float] | None" = None
) -> None:
    """Say which data were left out, shared or private, what is approximate, and what looks like a slip.

    Parameters
    ----------
    approximate : str, optional
        What the result says of it, if that is more than what its data say.
    point : mapping, optional
        What was asked or found, where a model of one's own is looked at for a slip of units.
    """
    from nuanomaly.inference.slips import slip

    remark = "" if point is None else slip(asked.likelihood, asked.model, {**asked.fixed, **point})
    if remark:
        click.echo(f"a slip of units? {remark}")
    for name, why in asked.left_out.items():
        click.echo(f"left out: {name} ({output.line(why)})")
    for overlap in asked.overlaps:
        click.echo(f"shared data: {overlap.first} and {overlap.second} ({overlap.reason})")
    for name in asked.private:
        click.echo(f"private: {name} is a folder of your own, not a release of the archive")
    said = asked.likelihood.approximate if approximate is None else approximate
    if said:
        click.echo(f"approximate: {output.line(said)}")
