"""A secret that is put where it must not be, in a rehearsal, to see that it is found."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from uz.checklist.secrecy.leaving import left
from uz.environment import Environment, only_in_rehearsals
from uz.secret import Secret

NAME = "canary"
"""What it is called in the secrets manager, while it is there."""
MARK = "uz-canary-"
"""What the names of all planted files hold; in the project, after a dot."""


@contextmanager
def canary(env: Environment) -> Iterator[bytes]:
    """A fresh value that the secrets manager keeps while the block runs."""
    only_in_rehearsals(env)
    source = env.secrets()
    value = secrets.token_hex(24).encode()
    try:
        source.write(NAME, Secret(value))
        yield value
    finally:
        source.remove(NAME)


@contextmanager
def planted(
    env: Environment, folder: Path, name: str, content: Callable[[bytes], bytes] = bytes
) -> Iterator[None]:
    """A file with a canary in it. `{}` in its name becomes the mark and something random.

    What a killed run left in the folder goes first.
    """
    with canary(env) as value, file_with(folder, name, content(value)):
        yield


def file_with(folder: Path, name: str, content: bytes) -> AbstractContextManager[None]:
    """A file while the block runs, without what a killed run left in its folder."""
    first, _, inside = name.partition("/")
    if inside:
        return folder_with(folder, first, {inside: content})
    return left(folder, _named(first), _leftover(first), content)


def folder_with(folder: Path, name: str, files: dict[str, bytes]) -> AbstractContextManager[None]:
    """A folder with files while the block runs, without what a killed run left."""
    return left(folder, _named(name), _leftover(name), files)


def _named(name: str) -> str:
    return name.replace("{}", MARK + secrets.token_hex(4))


def _leftover(name: str) -> str:
    """The pattern of what a killed run left; nothing where the name could be another's."""
    return name.replace("{}", f"{MARK}*") if "{}" in name else ""
