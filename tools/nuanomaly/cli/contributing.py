"""Contribute a release: new, import-hepdata, export, check-pr."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from nuanomaly.archive.errors import NuanomalyError, printable
from nuanomaly.cli import options, output


@click.command()
@click.argument("name", metavar="NAME")
@click.argument("version", metavar="VERSION")
@click.option(
    "--from",
    "source",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of the files that upstream released.",
)
def new(name: str, version: str, source: Path) -> None:
    """Write a first release.yaml and tables from files, with every field explained.

    VERSION is the upstream label and the revision of the archive's own form: 2022-r1. Text files of numbers,
    numpy files, Parquet and the histograms, graphs, matrices and flat trees of ROOT files become tables;
    names, types and units of columns are guessed from their headers. Why another file is none is said,
    and so is what may be a number and stays a text (1.5-2, 5%) and what is not looked at (links, pipes). What
    nobody can guess says TODO, and `nuanomaly validate NAME` finds every one.
    """
    from nuanomaly.archive import scaffold

    made = scaffold.new(output.checkout(), name, version, source)
    left = [f"{f}: {why}; named as an original, and no table is made of it" for f, why in made.left.items()]
    passed = [f"{file}: {why}: put the file itself there" for file, why in made.passed.items()]
    _written(made.folder, name, [*left, *passed, *made.notes])


def _written(folder: Path, name: str, notes: Sequence[str]) -> None:
    click.echo(f"{folder}: written")
    for note in notes:
        click.echo(f"  {printable(output.line(note))}")
    click.echo(f"Fill in what says TODO in {folder / 'release.yaml'}: nuanomaly validate {name}")


@click.command("import-hepdata")
@click.argument("source", metavar="FILE|FOLDER|URL")
@click.argument("name", metavar="NAME")
@click.argument("version", metavar="VERSION")
def import_hepdata(source: str, name: str, version: str) -> None:
    """Write a first form of a release from a HEPData submission: tables, errors, units and correlations.

    The submission is a folder, a submission.yaml, an archive (zip, tar), or the address of one. What it does
    not say is marked TODO.
    """
    from nuanomaly.archive import hepdata

    folder, missing = hepdata.write(output.checkout(), name, version, source)
    _written(folder, name, [f"{file}: named in submission.yaml, but not there; left out" for file in missing])


@click.command()
@click.argument("reference", metavar="NAME[@VERSION]")
@click.option(
    "--to", "format", required=True, help="hepdata, rocrate, datapackage, croissant, json-ld or pyhf."
)
@click.option("-o", "--output", "folder", type=output.FOLDER, help="A new folder (NAME-VERSION-FORMAT).")
@click.option("--model", default="3nu", show_default=True, help="Of pyhf: the model of the signal.")
@options.settings
@options.grid
def export(
    reference: str,
    format: str,
    folder: Path | None,
    model: str,
    settings: Sequence[str],
    grids: Sequence[str],
) -> None:
    """Write a release in a format of other archives. Every float64 stays what it is.

    As a workspace of pyhf a release of counts is written with one amplitude as its parameter of interest:
    name it with --grid, and fix the others with --set (for karmen: --model 2nu-mue --set dm2_41=1 --grid
    sin2_2theta_mue=0:0.1:2:lin). Without --grid it is the strength of coherent scattering.
    """
    if format == "pyhf":
        _export_pyhf(reference, folder, model, settings, grids)
        return
    from nuanomaly.archive import exporting
    from nuanomaly.archive.loading import load

    release = load(reference)
    target = folder or Path(f"{release.name}-{release.version}-{format}")
    written = exporting.write(release, format, target)
    click.echo(f"{target}: {len(written)} files")


def _export_pyhf(
    reference: str, folder: Path | None, model: str, settings: Sequence[str], grids: Sequence[str]
) -> None:
    """Write ``workspace.json`` into a new folder."""
    import json

    from nuanomaly.archive.durable import write_atomically
    from nuanomaly.likelihood.build import likelihood

    known = {parameter.name for parameter in likelihood(reference).interaction_parameters}
    if not grids and "cevns_strength" in known:
        grids = ("cevns_strength=0:2:2:lin",)
    asked = options.analysis([reference], model, settings=settings, grids=grids)
    text = json.dumps(asked.to_pyhf(), indent=1) + "\n"
    target = folder or Path(f"{asked.names[0].replace('@', '-')}-pyhf")
    if target.exists() and any(target.iterdir()):
        raise NuanomalyError(f"{target} is not empty: name a new folder")
    target.mkdir(parents=True, exist_ok=True)
    write_atomically(target / "workspace.json", text.encode())
    click.echo(f"{target / 'workspace.json'}: the parameter of interest is {asked.free[0]}")


@click.command("check-pr")
@click.option("--base", metavar="REF", help="What it is to be merged into (origin/main, else main).")
@click.option("--trusted", is_flag=True, help="Compute also if something outside the data changes.")
@click.option("--no-physics", is_flag=True, help="Leave out what it does to the physics.")
@output.as_json
def check_pr(base: str | None, trusted: bool, no_physics: bool, as_json: bool) -> None:
    """Review what is to be contributed, as the forge will: findings, physics, benchmarks, reports.

    Prints Markdown, and exits with 1 unless the review is green. No code of a contribution of data is run;
    of any other, only the findings are given unless --trusted says that it has been read.
    """
    from nuanomaly.cli import reviewing
    from nuanomaly.inference.review import review

    result = review(output.checkout(), base, trusted=trusted, effect=not no_physics, limited=True)
    if as_json:
        output.emit(result.as_dict())
    else:
        click.echo(reviewing.markdown(result))
    sys.exit(0 if result.ok else 1)
