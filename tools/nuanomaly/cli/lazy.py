"""A group of commands that loads a command when it is called, and turns errors into one sentence."""

import errno
import io
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from nuanomaly.archive.errors import Interrupted, NuanomalyError, nearest

Sections = Mapping[str, Mapping[str, tuple[str, str]]]
#: What a wrong path or a full disk raises; any other OSError is a bug and keeps its traceback.
_USAGE = {
    errno.ENOENT,
    errno.EACCES,
    errno.EPERM,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENXIO,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ENOSPC,
    errno.EROFS,
    errno.ENAMETOOLONG,
    errno.EFBIG,
    errno.EDQUOT,
    errno.EIO,
}
#: What a full disk or a closed pipe raises where the output goes.
_OUTPUT = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EPIPE}
#: What is said when memory ends.
_MEMORY = "there is not enough memory for this: ask for fewer points or toys"


class Misuse(click.ClickException):
    """An error of the package that is printed as one sentence and exits with 2; the base class with 1."""

    exit_code = 2


class LazyGroup(click.Group):
    """Commands by section, each ``(module:attribute, help)`` with the module in this package.

    Parameters
    ----------
    sections : mapping
        Heading → command → where it is and one line of help.
    """

    def __init__(self, sections: Sections, *, version: str, **attributes: Any) -> None:
        super().__init__(**attributes, context_settings={"help_option_names": ["-h", "--help"]})
        self._sections = sections
        self._places = {name: at for commands in sections.values() for name, (at, _) in commands.items()}
        self.params.append(_version_option(version))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name not in self._places:
            return None
        module, _, attribute = self._places[cmd_name].partition(":")
        command: click.Command = getattr(import_module(f"{__package__}.{module}"), attribute)
        if ctx.resilient_parsing:  # a shell completes
            return import_module(f"{__package__}.completing").attach(command)  # type: ignore[no-any-return]
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is called; name the nearest ones for one that does not exist."""
        if args and args[0] not in self._places:
            near = nearest(args[0], self._places)
            hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "see `nuanomaly --help`"
            ctx.fail(f"Unknown command {args[0]!r}: {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections of the help without loading any command."""
        for heading, commands in self._sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name, text) for name, (_, text) in commands.items()])

    def make_context(self, *arguments: Any, **named: Any) -> click.Context:
        """Read the command line; what it prints by itself (help, version) may meet the same errors."""
        with _sentences():
            return super().make_context(*arguments, **named)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; errors a user can act on become one sentence and an exit code."""
        _write_any_text()
        with _sentences(), warnings.catch_warnings():
            warnings.showwarning = _show_warning
            result = super().invoke(ctx)
            if sys.stdout is not None:  # it may be closed
                sys.stdout.flush()
            return result


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn errors a user can act on into one sentence and an exit code."""
    try:
        yield
    except NuanomalyError as error:
        raise _failure(error.command_line or str(error), error.exit_code) from None
    except Interrupted as error:
        raise click.ClickException(str(error)) from None
    except MemoryError:
        raise _failure(_MEMORY, Misuse.exit_code) from None
    except RuntimeError as error:
        if not str(error).startswith("Symlink loop"):  # so pathlib says it before Python 3.13
            raise
        raise _failure(f"{error}: a link leads back to itself", Misuse.exit_code) from None
    except OSError as error:
        if error.errno in _OUTPUT and error.filename is None:
            _let_go_of_output()
            if error.errno == errno.EPIPE:  # who reads has enough, as `head` has after ten lines
                raise SystemExit(1) from None
            raise _failure(f"the output could not be written: {error.strerror}", 1) from None
        if error.errno not in _USAGE or error.filename is None:
            raise
        raise _failure(f"{error.filename}: {error.strerror}", Misuse.exit_code) from None


def _write_any_text() -> None:
    """Write out characters that a terminal or pipe has no code for (ν on one that is no UTF-8), not stop."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _let_go_of_output() -> None:
    """Let what is left of the output vanish: Python would try to write it again at its end."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failure(message: str, exit_code: int) -> click.ClickException:
    return Misuse(message) if exit_code == Misuse.exit_code else click.ClickException(message)


def _show_warning(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
    """Print a warning as a sentence on stderr."""
    click.echo(f"Warning: {message}", err=True)


def _version_option(version: str) -> click.Option:
    def show(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            _print_and_exit(ctx, f"nuanomaly {version}")

    return click.Option(
        ["--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=show,
        help="Show the version and exit.",
    )


def _print_and_exit(ctx: click.Context, text: str) -> NoReturn:
    click.echo(text)
    ctx.exit()
