"""Keep the archive: validate, seal, catalog, import, mirror, bundle."""

import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import click

from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.cli import output

_ORIGINALS = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("references", metavar="NAME[@VERSION]…|FOLDER", nargs=-1)
@click.option(
    "--annotations", is_flag=True, help="Print workflow commands, which forges show beside the line."
)
@click.option(
    "--history", is_flag=True, help="Check what was released against git's history, and stored toys anew."
)
@click.option("--fresh", is_flag=True, help="Check again what was found without fault before.")
@click.option("--explain", metavar="CODE", help="Say what a finding means and what to do; `all` lists them.")
@output.as_json
def validate(
    references: Sequence[str],
    annotations: bool,
    history: bool,
    fresh: bool,
    explain: str | None,
    as_json: bool,
) -> None:
    """Check releases, a folder with one of your own, or without a name the whole archive.

    Exits with 1 if there is an error.
    """
    from nuanomaly.archive.references import is_folder
    from nuanomaly.archive.release import new_releases
    from nuanomaly.archive.validate import validate as check
    from nuanomaly.archive.validate import validate_folder

    if explain:
        _explain(explain, as_json)
        return
    for reference in references:
        if (Path(reference) / "comparison.yaml").is_file():
            raise click.UsageError(
                f"{reference} is a comparison: `nuanomaly report build {Path(reference).name}` checks it"
            )
    if any(is_folder(reference) for reference in references):
        if len(references) > 1 or history:
            raise click.UsageError("a folder of your own is checked alone, and has no history: name only it")
        report = validate_folder(Path(references[0]))
    else:
        report = check(list(references) or None, history=history, fresh=fresh)
        if any(new.id in report.releases for new in new_releases(output.checkout())):
            from nuanomaly.inference.sanity import with_physics

            report = with_physics(report, output.checkout())
    if history and not references:
        from nuanomaly.inference.stored_runs import with_stored_runs

        report = with_stored_runs(report, output.checkout())
    if as_json:
        output.emit(report.as_dict())
    elif annotations:
        text = report.as_annotations()
        click.echo(text, nl=bool(text))
        click.echo("\n".join([*report.notes, report.summary]), err=True)
    else:
        click.echo(report.as_text())
    sys.exit(0 if report.ok else 1)


def _explain(code: str, as_json: bool) -> None:
    from nuanomaly.archive.validate import explanations

    codes = explanations.explain(code)
    if as_json:
        output.emit([vars(one) for one in codes])
        return
    click.echo("\n\n".join(explanations.as_text(one, brief=len(codes) > 1) for one in codes))


@click.command()
@click.argument("references", metavar="NAME[@VERSION]…|FOLDER…", nargs=-1, required=True)
def seal(references: Sequence[str]) -> None:
    """Fill in sha256, size and number of rows of every table in release.yaml; nothing else in it changes.

    A release of your own is named by its folder, ./my-release, and need not lie in a checkout.
    """
    from nuanomaly.archive.references import is_folder
    from nuanomaly.archive.seal import seal as fill

    own = {reference: [(reference, Path(reference))] for reference in references if is_folder(reference)}
    for id, folder in chain.from_iterable(own.get(r) or _folders([r]) for r in references):
        changed = fill(folder)
        click.echo(f"{id}: {'sealed ' + ', '.join(changed) if changed else 'was sealed already'}")


@click.command()
@click.option("--check", "how", flag_value="check", help="Only say whether catalog.yaml is up to date.")
@click.option("--write", "how", flag_value="write", default="write", help="Write it (the default).")
def catalog(how: str) -> None:
    """Write catalog.yaml from the releases, or check that it is up to date (exit 1 if not)."""
    from nuanomaly.archive import catalog as listing

    root = output.checkout()
    if how == "write":
        click.echo(f"{root / 'catalog.yaml'}: {'written' if listing.write(root) else 'was up to date'}")
        return
    wrong = listing.check(root)
    for line in wrong:
        click.echo(f"catalog.yaml: {line}")
    click.echo(
        "catalog.yaml is not up to date: run `nuanomaly catalog`" if wrong else "catalog.yaml is up to date"
    )
    sys.exit(1 if wrong else 0)


@click.command("import")
@click.argument("references", metavar="NAME[@VERSION]…", nargs=-1)
@click.option("--originals", type=_ORIGINALS, required=True, help="The folder of original files.")
@click.option("--check", "how", flag_value="check", default="check", help="Compare every byte (the default).")
@click.option("--write", "how", flag_value="write", help="Write the tables and seal the releases.")
def import_(references: Sequence[str], originals: Path, how: str) -> None:
    """Rebuild the tables of releases (all, if none is named) from the original files.

    Checking exits with 1 if a table differs from what the originals give.
    """
    from nuanomaly.archive import importing, release

    failed = 0
    for id, folder in _folders(references):
        if "import" not in release.read(folder).metadata:
            click.echo(f"{id}: was entered by hand, nothing to import")
            continue
        try:
            if how == "write":
                changed = importing.write(folder, originals)
                click.echo(
                    f"{id}: {'wrote ' + ', '.join(changed) if changed else 'is as the originals give it'}"
                )
            else:
                failed += _compared(id, importing.check(folder, originals))
        except NuanomalyError as error:
            failed += 1
            click.echo(f"Error: {error}", err=True)
    sys.exit(1 if failed else 0)


def _compared(id: str, differences: Sequence[object]) -> int:
    for difference in differences:
        click.echo(str(difference))
    if not differences:
        click.echo(f"{id}: every byte is as the originals give it")
    return len(differences)


_sign = click.option(
    "--sign", "key", metavar="KEY.pem", type=click.Path(path_type=Path), help="Sign the index (Ed25519)."
)


@click.command()
@click.argument("folder", metavar="BUILD_DIR", type=output.FOLDER)
@_sign
def mirror(folder: Path, key: Path | None) -> None:
    """Write the static mirror, which any web server or folder can serve, or bring one up to date.

    Others fetch from it with NUANOMALY_SOURCES=https://… or file://…
    """
    from nuanomaly.archive import mirror as writing

    _wrote(writing.entries(writing.mirror(output.checkout(), folder, key)), folder)


@click.command()
@click.argument("file", metavar="FILE.zip", type=output.FILE)
@_sign
def bundle(file: Path, key: Path | None) -> None:
    """Write the whole archive as one file, for machines without a network.

    There, `nuanomaly fetch` finds it as nuanomaly-archive.zip in the working directory or in the cache, or
    under any name in $NUANOMALY_SOURCES.
    """
    from nuanomaly.archive import mirror as writing

    _wrote(writing.entries(writing.bundle(output.checkout(), file, key)), file)


def _wrote(entries: Sequence[object], place: Path) -> None:
    size = sum(e.size for e in entries)  # type: ignore[attr-defined]
    click.echo(f"{place}: {output.several(len(entries), 'release')}, {size / 1e6:.1f} MB of files")


def _folders(references: Sequence[str]) -> list[tuple[str, Path]]:
    """Return id and folder of releases of the checkout: of those named, or of all."""
    from nuanomaly.archive import names, release
    from nuanomaly.archive.errors import UnknownNameError

    known = release.folders(output.checkout())
    if not references:
        return [(f"{n}@{v}", folder) for n, versions in known.items() for v, folder in versions.items()]
    items = []
    for reference in references:
        name, wanted = names.split(reference)
        if name not in known:
            raise UnknownNameError("dataset", name, known)
        version = names.resolve(name, wanted, known[name])
        items.append((f"{name}@{version}", known[name][version]))
    return items
