"""Options that commands of physics share, and how their texts are read."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from nuanomaly.archive.errors import NuanomalyError, UnknownNameError

if TYPE_CHECKING:
    from nuanomaly.inference.analysis import Analysis
    from nuanomaly.inference.datasets import Mode
    from nuanomaly.model.probabilities import Parameter

datasets = click.argument("datasets", metavar="DATASET…", nargs=-1, required=True)
model = click.option(
    "--model", required=True, help="One of `nuanomaly models`, or FILE.py:NAME for a function of your own."
)
mode = click.option("--mode", "modes", multiple=True, help="MODE for all that have it, or DATASET=MODE.")
settings = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter, may carry a unit; or a nuisance.",
)
grid = click.option(
    "--grid",
    "grids",
    multiple=True,
    metavar="NAME=LOW:HIGH:N[:log|lin]",
    help="An axis, and the range in which fits look; or NAME=N for its own range. Parameters of a function "
    "of your own have a range if Parameter declares one in its file (see the README).",
)
allow_overlap = click.option("--allow-overlap", is_flag=True, help="Although data sets share data; recorded.")
leave_out = click.option(
    "--leave-out", is_flag=True, help="Leave out data sets that cannot take the model; recorded."
)

free = click.option(
    "--free", "freed", multiple=True, metavar="NUISANCE", help="Leave out the prior of a nuisance."
)

scale = click.option(
    "--scale",
    "scales",
    multiple=True,
    metavar="DATASET/COMPONENT[=SIGMA]",
    help="Give a component (signal, background, …) a factor, free or with a relative prior: a nuisance.",
)
inject = click.option(
    "--inject",
    "injection",
    default="",
    metavar="NAME=VALUE,…",
    help="Take the data that the model expects at a point, in place of the observed ones.",
)
inject_toy = click.option(
    "--inject-toy", "draw", type=click.IntRange(0), help="Let them fluctuate: the seed of the toy."
)

_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*")


def analysis(
    datasets: Sequence[str],
    model: str,
    *,
    modes: Sequence[str] = (),
    settings: Sequence[str] = (),
    grids: Sequence[str] = (),
    allow_overlap: bool = False,
    leave_out: bool = False,
    freed: Sequence[str] = (),
    scales: Sequence[str] = (),
) -> "Analysis":
    """Return the analysis that the texts of the shared options ask for."""
    from nuanomaly.inference.analysis import Analysis

    asked = Analysis(
        datasets,
        model,
        mode=parse_modes(modes),
        allow_overlap=allow_overlap,
        leave_out=leave_out,
        freed=freed,
        scaled=_scaled(scales),
    )
    fixed = parse_settings(settings, asked.parameters, model)
    return asked.given(fixed, parse_grid(grids, asked.parameters, model))


def question(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which data sets under which model, as one argument ``asked``."""

    @wraps(command)
    def called(
        datasets: Sequence[str],
        model: str,
        modes: Sequence[str],
        settings: Sequence[str],
        grids: Sequence[str],
        allow_overlap: bool,
        leave_out: bool,
        freed: Sequence[str],
        scales: Sequence[str],
        injection: str,
        draw: int | None,
        **more: Any,
    ) -> Any:
        asked = analysis(
            datasets,
            model,
            modes=modes,
            settings=settings,
            grids=grids,
            allow_overlap=allow_overlap,
            leave_out=leave_out,
            freed=freed,
            scales=scales,
        )
        if injection or draw is not None:
            point = parse_settings([t for t in injection.split(",") if t], asked.parameters, model)
            asked = asked.injected(point, seed=draw)
        return command(asked=asked, **more)

    for option in (
        inject_toy,
        inject,
        scale,
        free,
        leave_out,
        allow_overlap,
        grid,
        settings,
        mode,
        model,
        datasets,
    ):
        called = option(called)
    return called


def _scaled(given: Sequence[str]) -> dict[str, float | None]:
    """Return the components of ``DATASET/COMPONENT[=SIGMA]`` texts, and the widths of their priors."""
    numbers: dict[str, float | None] = {}
    for text in given:
        name, equals, sigma = text.partition("=")
        try:
            numbers[name.strip()] = float(sigma) if equals else None
        except ValueError:
            raise NuanomalyError(f"--scale {text!r}: write DATASET/COMPONENT, or =SIGMA behind it") from None
    return numbers


def parse_settings(
    given: Sequence[str], known: "Mapping[str, Parameter]", model_name: str
) -> dict[str, float]:
    """Return values from ``NAME=VALUE`` texts; a value may have a unit and is converted to its parameter's.

    Raises
    ------
    UnknownNameError
        For an unknown parameter or unit.
    NuanomalyError
        For what is no number, or a unit of another kind.
    """
    numbers: dict[str, float] = {}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            raise NuanomalyError(f"--set {text!r}: write NAME=VALUE, such as dm2_41=1.25")
        parameter = _parameter(name, known, model_name)
        if name in numbers:
            raise NuanomalyError(f"--set {name} is given twice: give it once")
        numbers[name] = quantity(value, parameter)
    return numbers


def parse_grid(given: Sequence[str], known: "Mapping[str, Parameter]", model_name: str) -> dict[str, Any]:
    """Return axes from ``NAME=LOW:HIGH:N[:log|lin]`` or ``NAME=N`` texts.

    Raises
    ------
    UnknownNameError
        For an unknown parameter or unit.
    NuanomalyError
        For a text of another form.
    """
    entries: dict[str, Any] = {}
    for text in given:
        name, _, spec = text.partition("=")
        parameter = _parameter(name.strip(), known, model_name)
        parts = [part.strip() for part in spec.split(":")]
        try:
            if len(parts) == 1:
                entries[parameter.name] = int(parts[0])
                continue
            low, high, n, *how = parts
            scale = how[0] if how else ("log" if parameter.log else "lin")
            if len(how) > 1 or scale not in ("log", "lin"):
                raise ValueError
            axis = quantity(low, parameter), quantity(high, parameter), int(n), scale
        except ValueError:
            form = f"{parameter.name}=LOW:HIGH:N, with :log or :lin behind it, or {parameter.name}=N"
            raise NuanomalyError(f"--grid {text!r}: write {form}") from None
        entries[parameter.name] = axis
    return entries


def parse_modes(given: Sequence[str]) -> "Mode":
    """Return what ``--mode`` says: None, a mode for all, or a mode by data set.

    Raises
    ------
    NuanomalyError
        If several modes are given without saying for what.

    Examples
    --------
    >>> parse_modes([]), parse_modes(["nu"]), parse_modes(["best=haxton"])
    (None, 'nu', {'best': 'haxton'})
    """
    if not given:
        return None
    named = [tuple(part.strip() for part in text.partition("=")[::2]) for text in given if "=" in text]
    if not named and len(given) == 1:
        return given[0]
    if len(named) < len(given):
        raise NuanomalyError(f"--mode is given {len(given)} times: write DATASET=MODE for each")
    return dict(named)  # type: ignore[arg-type]


def quantity(text: str, parameter: "Parameter") -> float:
    """Return a number, converted to a parameter's unit if it carries another one.

    Raises
    ------
    UnknownNameError
        For an unknown unit.
    NuanomalyError
        For what is no number, or a unit of another kind.
    """
    match = _NUMBER.fullmatch(text)
    if not match:
        raise NuanomalyError(f"{parameter.name}={text}: that is no number")
    value, unit = float(match[1]), match[2]
    if not unit:
        return value
    import pint

    from nuanomaly.archive.units import registry

    units = registry()
    try:
        return float(units.Quantity(value, unit).to(parameter.unit).magnitude)
    except pint.DimensionalityError:
        raise NuanomalyError(
            f"{parameter.name} is in {parameter.unit}, which {unit} cannot be converted to"
        ) from None
    except (
        pint.UndefinedUnitError,
        pint.errors.DefinitionSyntaxError,
        ValueError,
        TypeError,
        AssertionError,
    ):
        raise UnknownNameError("unit", unit, [*dir(units), "eV**2", "meV**2", "keV**2"]) from None


def _parameter(name: str, known: "Mapping[str, Parameter]", model_name: str) -> "Parameter":
    if name not in known:
        raise UnknownNameError("parameter", name, known, f"model {model_name}")
    return known[name]
