"""For users of DataLad: ria."""

from collections.abc import Sequence
from pathlib import Path

import click

from nuanomaly.cli import output


@click.command()
@click.argument("folder", metavar="BUILD_DIR", type=output.FOLDER)
@click.argument("names", metavar="[NAME]…", nargs=-1)
@click.option("--url", help="Where it will be published, https://…: clones need not verify it then.")
@output.as_json
def ria(folder: Path, names: Sequence[str], url: str | None, as_json: bool) -> None:
    """Write the static RIA store, which any web server or folder can serve, or write one anew.

    Others get from it with `datalad clone "ria+https://…#~NAME@VERSION"` or ria+file://. The same
    releases give the same bytes.
    """
    from nuanomaly.archive.datalad import ria as exporting

    made = exporting.export(output.checkout(), folder, names, url=url)
    if as_json:
        output.emit([vars(one) for one in made])
        return
    for one in made:
        linked = f", {output.several(one.linked, 'original')} on the web" if one.linked else ""
        click.echo(f"{one.name}: {', '.join(one.versions)} ({output.several(one.stored, 'file')}{linked})")
    last = made[-1]
    where = url or folder.resolve().as_uri()
    name = f"{last.name}@{last.versions[-1]}"
    click.echo(f'{folder}: {output.several(len(made), "dataset")}: datalad clone "ria+{where}#~{name}"')
    if not url:
        click.echo("Over the web, clones of it must run `git annex verifyremote store` once: see --url.")
