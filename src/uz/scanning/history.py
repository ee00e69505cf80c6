"""Which file of which commit a git object was: asked for after something was found in it."""

from collections.abc import Iterator, Sequence

from uz.errors import ProgramError
from uz.scanning.git import Git

MOST = 200
"""Objects that are looked up: with more of them, the first say what happened."""
PATIENCE = 120.0
"""Seconds that the answer is worth."""


def files_of(git: Git, objects: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Path and commit for the objects for which there are some: the first commit that has it."""
    wanted = list(dict.fromkeys(objects))[:MOST]
    if not wanted or git.partial():
        return {}
    try:
        done = git.run(
            "log", "--all", "--reflog", "--topo-order", "-m", "--raw", "-z", "--no-abbrev",
            "--no-renames", "--no-ext-diff", "--no-textconv", "--format=commit %H",
            *(f"--find-object={one}" for one in wanted),
            timeout=PATIENCE,
        )  # fmt: skip
    except ProgramError:
        return {}
    return {new: (path, commit) for new, path, commit in _changes(done.stdout) if new in wanted}


def _changes(text: str) -> Iterator[tuple[str, str, str]]:
    """The object, path and commit of each change, newest first, as `git log --raw -z` has them."""
    commit = ""
    words = iter(text.split("\0"))
    for word in words:
        word = word.strip("\n")
        if word.startswith("commit "):
            commit = word.removeprefix("commit ")
        elif word.startswith(":"):
            yield word.split(" ")[3], next(words, ""), commit
