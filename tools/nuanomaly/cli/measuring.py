"""Units: what those of this field mean here, and how a printed one is read."""

import re
import sys

import click

from nuanomaly.cli import output


@click.command()
@click.argument("text", metavar="[UNIT]", required=False)
@click.option("--of", "quantity", default="", metavar="NAME", help="What is measured: MB of a cross section.")
@output.as_json
def units(text: str | None, quantity: str, as_json: bool) -> None:
    """List the units of this field and what they mean here, or say how a printed UNIT is read.

    A unit is given as it stands in a file, TeX included: nuanomaly units '10$^{-38}$ cm$^2$/GeV/nucleon'.
    Exits with 1 if it means two things or nothing; what may have been meant is said.
    """
    from nuanomaly.archive import printed_units
    from nuanomaly.archive import units as known

    if text is None:
        if as_json:
            output.emit({"units": [vars(u) for u in known.FIELD], "asked": dict(known.ASKED)})
        else:
            click.echo(known.table())
        return
    unit = printed_units.unit(text, quantity)
    open_ = printed_units.is_open(unit)
    if as_json:
        output.emit({"text": text, "unit": None if open_ else unit, "meaning": _meaning(text, unit, open_)})
    else:
        click.echo(f"{text}: {_meaning(text, unit, open_)}")
    sys.exit(1 if open_ else 0)


def _meaning(text: str, unit: str, open_: bool) -> str:
    from nuanomaly.archive import units as known

    if not open_:
        return f"{unit}, {known.in_base_units(unit)}"
    said = unit.removeprefix("TODO").lstrip(": ")
    if said:
        return f"is asked for: {said}"
    if number := re.match(r"\s*[+-]?\d+(?:\.\d*)?(?=\s+\S)", text):
        return (
            f"is a quantity: leave out {number[0].strip()}; a unit has no factor but a power of ten, as 1e-38"
        )
    return "is no unit that is known here; write it as in cm**2/GeV/nucleon"
