"""The cache as a local DataLad dataset: what was fetched can be dropped, got again and fetched anew."""

import json
import shlex
import uuid
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from nuanomaly.archive.datalad import keys, programs
from nuanomaly.archive.errors import NuanomalyError
from nuanomaly.archive.fetching import index
from nuanomaly.archive.fetching.download import storing
from nuanomaly.archive.fetching.fetcher import Fetched

#: Only releases are part of the dataset; what grows beside them, and what is made from them, is not.
_FILES = {
    ".gitignore": "/*\n!/.gitignore\n!/.gitattributes\n!/.datalad/\n!/datasets/\n.nuanomaly/\n",
    ".gitattributes": "* annex.backend=SHA256\n**/.git* annex.largefiles=nothing\n"
    "*.yaml annex.largefiles=nothing\n.datalad/** annex.largefiles=nothing\n",
}
#: Tables stay plain files (a link would not be one), kept once on the disk where the file system can.
_SETTINGS = "[annex]\n\taddunlocked = true\n\tthin = true\n"
_RUN = """[DATALAD RUNCMD] {title}

=== Do not change lines below ===
{record}
^^^ Do not change lines above ^^^
"""


def record(cache: Path, fetched: Sequence[Fetched]) -> list[str]:
    """Make the cache a DataLad dataset, if it is none yet, and record the releases in it.

    The tables become contents of git-annex that know the URLs they came from; one commit says which command
    fetched them, in the form that ``datalad rerun`` reads.

    Parameters
    ----------
    cache : pathlib.Path
        The cache that the releases were fetched into.
    fetched : sequence of Fetched
        What was fetched; a release that lies in the checkout is left out, as git has it already.

    Returns
    -------
    list of str
        The releases that were not recorded before.

    Raises
    ------
    ProgramError
        If git or git-annex is missing, with the line that installs it, or fails.
    NuanomalyError
        If the cache is a git repository of someone else.
    """
    from filelock import FileLock

    programs.require("git", "git-annex")
    wanted = [one for one in fetched if one.how != "checkout"]
    if not wanted:
        return []
    with storing(cache):
        (cache / ".nuanomaly").mkdir(parents=True, exist_ok=True)
        with FileLock(cache / ".nuanomaly" / "record.lock"):
            id = _dataset(cache)
            return _commit(cache, id, wanted)


def _dataset(cache: Path) -> str:
    """Make the cache a dataset if it is none; return its identifier."""
    config = cache / ".datalad" / "config"
    if not (cache / ".git").exists():
        _git(cache, "init", "--quiet", "--initial-branch=main", "--template=")
    elif not config.is_file() and _git(cache, "for-each-ref"):
        raise NuanomalyError(f"{cache} is a git repository already, and none made by `fetch --record`")
    if not config.is_file():
        config.parent.mkdir(exist_ok=True)
        config.write_text(f'[datalad "dataset"]\n\tid = {uuid.uuid4()}\n', "utf-8")
    if not (cache / ".git" / "annex").is_dir():
        for name, text in _FILES.items():
            (cache / name).write_text(text, "utf-8")
        # committed before git-annex is there: its filter and its hook would be started for these files
        _git(cache, "add", "--", *_FILES, ".datalad")
        _git(cache, "commit", "--quiet", "--allow-empty", "--message", "a cache of nuanomaly")
        with (cache / ".git" / "config").open("a", encoding="utf-8") as settings:
            settings.write(_SETTINGS)
        _annex(cache, "init", "--quiet", "cache of nuanomaly")
    return config.read_text("utf-8").partition("id = ")[2].strip()


def _commit(cache: Path, id: str, wanted: Sequence[Fetched]) -> list[str]:
    """Add the releases with their URLs, and commit them with a run record; return those that were new."""
    folders = {one.release: one.folder.relative_to(cache).as_posix() for one in wanted}
    _annex(cache, "add", "--quiet", "--", *folders.values())
    lines = [line for one in wanted for line in _urls(one)]
    if any(" file:" in line for line in lines):
        # only contents of a known sha256 are ever read, and only where this user already read them
        _git(cache, "config", "annex.security.allowed-url-schemes", "http https ftp file")
    if lines:
        _annex(cache, "registerurl", "--quiet", "--batch", stdin="".join(f"{line}\n" for line in lines))
    changed = _git(cache, "diff", "--cached", "--name-only", "-z").decode().split("\0")
    new = {
        one.release: one for one in wanted if any(p.startswith(f"{folders[one.release]}/") for p in changed)
    }
    if new:
        _commit_index(cache, _message(id, list(new.values()), [folders[release] for release in new]))
    return list(new)


def _commit_index(cache: Path, message: str) -> None:
    """Commit what is staged as it is; ``git commit`` would start git-annex twice more, for nothing to do."""
    tree = _git(cache, "write-tree").decode().strip()
    commit = _git(cache, "commit-tree", tree, "-p", "HEAD", "-F", "-", stdin=message).decode().strip()
    _git(cache, "update-ref", "-m", "fetch --record", "HEAD", commit)


def _message(id: str, fetched: Sequence[Fetched], folders: Sequence[str]) -> str:
    """Return the message of a commit that ``datalad rerun`` can repeat."""
    releases = [one.release for one in fetched]
    sources = dict.fromkeys(base for one in fetched if (base := _base(one.origin)))
    named = [word for source in sources for word in ("--source", source)]
    said = {
        "chain": [],
        "cmd": shlex.join(["nuanomaly", "fetch", *releases, *named, "--output", "datasets"]),
        "dsid": id,
        "exit": 0,
        "extra_inputs": [],
        "inputs": [],
        "outputs": list(folders),
        "pwd": ".",
    }
    title = f"nuanomaly fetch {' '.join(releases)}"
    return _RUN.format(
        title=title if len(title) < 60 else f"{title[:56]} …",
        record=json.dumps(said, indent=1, sort_keys=True),
    )


def _urls(one: Fetched) -> list[str]:
    """Return a line ``KEY URL`` for each table, if it came from where it can be got one by one."""
    base = _base(one.origin)
    entry = index.describe(one.folder)
    return [
        f"{keys.key(f.sha256, f.size)} {base}/datasets/{entry.name}/{entry.version}/{quote(f.path)}"
        for f in entry.files
        if base and f.path != "release.yaml"
    ]


def _base(origin: str) -> str | None:
    """Return the URL of a source: of a web server or a folder, not of a bundle or the cache itself."""
    if urlsplit(origin).scheme in ("http", "https"):
        return origin
    path = Path(origin).resolve()
    return path.as_uri() if path.is_dir() else None


def _git(cache: Path, *arguments: str, stdin: str = "") -> bytes:
    env = programs.environment(**programs.unconfigured())
    return programs.run(cache, "git", *arguments, stdin=stdin.encode(), env=env)


def _annex(cache: Path, *arguments: str, stdin: str = "") -> bytes:
    return _git(cache, "annex", *arguments, stdin=stdin)


__all__ = ["record"]
