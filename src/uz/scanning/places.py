"""The places that are searched for known values; each is read lazily, one thing after the other."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from uz.scanning.files import File, walk
from uz.scanning.finding import Gap, Kind
from uz.scanning.git import Git, Rights, repositories
from uz.scanning.look import Source
from uz.scanning.objects import Objects
from uz.scanning.processes import given

PAST = {"logs", "refs", "packed-refs", "index", "COMMIT_EDITMSG", "FETCH_HEAD", "ORIG_HEAD"}
"""What in a `.git` speaks of its history; the rest, such as `config`, is files like others."""

Things = Iterator[Source | Gap]


def work_tree(project: Path) -> Things:
    """Every file of a project, those that git ignores too; what is in `.git` is its history."""
    yield from _some(project, walk(project, "", lambda name, _: name == ".git"))


def git_objects(project: Path, rights: Rights = lambda _: ()) -> Things:
    """The history: every object of the project's repository and of its submodules.

    Also commit messages, tags, what no branch leads to any more, and git's own files. `rights` are
    the words by which git runs as a repository's owner.
    """
    found = False
    for git in repositories(project, rights):
        found = True
        yield from git.gaps()
        yield Objects(git)
        yield from _own_files(git)
    if not found:
        yield Gap("history", "the project is in no git repository", minor=True)


def folder(path: Path, shown: str | None = None) -> Things:
    """Every file below a folder, such as logs and rendered files; `.gz` files unpacked as well."""
    yield from _some(path, walk(path, str(path) if shown is None else shown))


def processes() -> Things:
    """Arguments and environment of every process that may be read."""
    yield from given()


def _own_files(git: Git) -> Things:
    def packed(name: str, beside: frozenset[str]) -> bool:
        return name == "objects" and "HEAD" in beside

    for one in walk(git.folder, git.name, packed):
        past = not isinstance(one, Gap) and one.name[len(git.name) + 1 :].split("/")[0] in PAST
        yield replace(one, kind=Kind.HISTORY) if past and isinstance(one, File) else one


def _some(path: Path, things: Iterable[Source | Gap]) -> Things:
    """The things, and a gap where there is nothing at all: nothing seen is no good news."""
    empty = True
    for one in things:
        empty = False
        yield one
    if empty:
        yield Gap(str(path), "nothing is there to look at")
