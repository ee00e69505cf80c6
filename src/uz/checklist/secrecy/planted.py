"""A canary in each place where no secret may be: each search has to find the one in its place."""

import base64
import gzip
import secrets
import string
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from uz.checklist.secrecy.canary import (
    canary,
    file_with,
    folder_with,
    planted,
)
from uz.checklist.secrecy.places import KIT
from uz.checklist.secrecy.rights import as_owner
from uz.environment import Environment, only_in_rehearsals
from uz.errors import UzError
from uz.scanning.git import own, surroundings
from uz.shell import background, run
from uz.waiting import met

SLEEP = "import time; time.sleep(120)"
"""A process that ends by itself after two minutes, whatever happens."""
STARTED = 10.0
GIT = 30.0


def in_work_tree(env: Environment) -> AbstractContextManager[None]:
    """Leave it in a file of the project that git does not know."""
    return planted(env, env.project, ".{}")


@contextmanager
def in_ignored_env(env: Environment) -> Iterator[None]:
    """Leave it in a `.env` that git ignores."""
    with canary(env) as value, _ignored(env, b"API_KEY=" + value + b"\n"):
        yield


def looks_like(env: Environment) -> AbstractContextManager[None]:
    """Leave a token in the project that nobody knows, and that looks like one of GitHub."""
    only_in_rehearsals(env)
    drawn = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(36))
    return file_with(env.project, ".{}", f'token = "ghp_{drawn}"\n'.encode())


@contextmanager
def in_history(env: Environment) -> Iterator[None]:
    """Leave it in a git object to which nothing leads."""
    with canary(env) as value:
        git = own(env.project)
        if git is None:
            raise UzError(f"{env.project}: is in no git repository")
        rights = as_owner(git)
        words: list[str | Path] = [*rights, "git", "-C", env.project]
        name = _git([*words, "hash-object", "-w", "--stdin"], value.decode())
        where = f"objects/{name[:2]}/{name[2:]}"
        path = env.project / _git([*words, "rev-parse", "--git-path", where])
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # others have objects there
                path.parent.rmdir()


def in_configuration(env: Environment) -> AbstractContextManager[None]:
    """Leave it among the rendered files, in base64."""
    return planted(env, env.folder / "config", "{}.conf", _encoded)


def in_log(env: Environment) -> AbstractContextManager[None]:
    """Leave it in a log."""
    return planted(env, env.folder / "logs", "{}.log", lambda value: b"GET /?key=" + value + b"\n")


def in_rotated_log(env: Environment) -> AbstractContextManager[None]:
    """Leave it in a log that was rotated and packed."""
    return planted(env, env.folder / "logs", "{}.log.2.gz", gzip.compress)


def in_state(env: Environment) -> AbstractContextManager[None]:
    """Leave it beside the environment's state."""
    return planted(env, env.folder, "{}.json")


def kit_left(env: Environment) -> AbstractContextManager[None]:
    """Leave a recovery kit beside the environment."""
    only_in_rehearsals(env)
    if (env.folder.parent / f"{env.name}{KIT}").exists():
        raise UzError(f"{env.name}: there is a recovery kit already")
    return file_with(env.folder.parent, f"{env.name}{KIT}", b"{}\n")


def in_release(env: Environment) -> AbstractContextManager[None]:
    """Leave it among the releases."""
    return planted(env, env.folder / "releases", "{}/settings.py")


def in_data(env: Environment) -> AbstractContextManager[None]:
    """Leave it among the servers' data."""
    return planted(env, env.folder / "data", "{}/16384", lambda value: bytes(8192) + value)


def in_arguments(env: Environment) -> AbstractContextManager[None]:
    """Give it to a program as an argument, where every user of the machine reads it."""
    return _given(env, lambda value: [sys.executable, "-c", SLEEP, value], "cmdline")


def in_variables(env: Environment) -> AbstractContextManager[None]:
    """Give it as a variable to a program that `uz.toml` does not name."""
    return _given(
        env, lambda value: ["env", f"API_KEY={value}", sys.executable, "-c", SLEEP], "environ"
    )


@contextmanager
def _given(env: Environment, command: Callable[[str], list[str]], file: str) -> Iterator[None]:
    """Run a program that has it in one of the files in /proc, and in no other."""
    with canary(env) as value:
        process = background(command(value.decode()))
        proc = Path(f"/proc/{process.pid}")

        def begun() -> bool:
            has = {one for one in ("cmdline", "environ") if value in (proc / one).read_bytes()}
            return has == {file}

        try:
            if not met(begun, STARTED):
                raise UzError("the program that gets the canary does not start")
            yield
        finally:
            process.kill()
            process.wait()


def _encoded(value: bytes) -> bytes:
    return b"# Authorization: Basic " + base64.b64encode(b"app:" + value) + b"\n"


def _ignored(env: Environment, content: bytes) -> AbstractContextManager[None]:
    """A `.env` in a folder that tells git to ignore all of it, itself included."""
    return folder_with(env.project, ".{}", {".env": content, ".gitignore": b"*\n"})


def _git(words: list[str | Path], stdin: str | None = None) -> str:
    done = run(words, timeout=GIT, environment=surroundings(), stdin=stdin)
    if not done.ok:
        raise UzError(f"git cannot leave an object there: {done.tail(2)}")
    return done.stdout.strip()
