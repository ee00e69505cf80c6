"""The manager passed by, on purpose: each of these only looks as if secrets came from it."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from uz.checklist.secrecy.audited import SETTINGS
from uz.checklist.secrecy.resolved import readers
from uz.checklist.secrecy.rotates import chosen, files_with, shared
from uz.components.openbao import NAME as OPENBAO
from uz.environment import Environment, only_in_rehearsals
from uz.errors import UzError
from uz.secret import Secret
from uz.stack import Owner, Role
from uz.targets.local.folders import write
from uz.waiting import met

Sabotage = Callable[[Environment], AbstractContextManager[None]]

SERVES = 30.0
"""Seconds in which OpenBao has to give secrets again after it was started."""
RAW_LOG = f"credentials/{OPENBAO}/audit-raw.log"
"""In memory, where OpenBao's own credentials are: the values in it are real ones."""
RAW = f"""
audit "file" "raw" {{
  options = {{
    file_path = "{RAW_LOG}"
    log_raw = "true"
  }}
}}
"""
"""A device of its own, as those that are there cannot be changed."""
OFTEN = 0.02
"""Seconds between two looks of what puts an old file back."""


def literal(env: Environment) -> AbstractContextManager[None]:
    """Write a key into the start script of the app, as a person in a hurry does."""
    name = env.instances(Role.WEB)[0]
    line = f"    STRIPE_API_KEY=sk_live_{secrets.token_hex(16)} \\\n"
    return env.amended(
        f"services/{name}", lambda text: text.replace("    env \\\n", f"    env \\\n{line}", 1)
    )


@contextmanager
def stale_file(env: Environment) -> Iterator[None]:
    """Give a secret another value in the manager, and deliver it to nobody."""
    only_in_rehearsals(env)
    if shared(env):
        raise UzError("secrets.prefix is the same in a rehearsal: nothing of it is changed")
    source = env.secrets()
    name = _delivered(env, source.names())
    before = env.secret(name)
    source.write(name, Secret(secrets.token_urlsafe(32).encode()))
    try:
        yield
    finally:
        source.write(name, before)


def _delivered(env: Environment, names: tuple[str, ...]) -> str:
    """A secret that Uz made up and that some service reads as it is, or in a text."""
    for service in readers(env):
        for wanted in service.credentials.values():
            for name in [wanted] if isinstance(wanted, str) else wanted.names():
                if name in names:
                    return name
    raise UzError("no service reads a secret that Uz made up")


@contextmanager
def raw_audit(env: Environment) -> Iterator[None]:
    """Have OpenBao keep a second log in memory, with values as they are, for as long as this."""
    only_in_rehearsals(env)
    try:
        with env.amended(SETTINGS, lambda text: text + RAW):
            _serves(env)
            yield
        _serves(env)
    finally:
        (env.folder / RAW_LOG).unlink(missing_ok=True)


def _serves(env: Environment) -> None:
    def gives() -> bool:
        try:
            return bool(env.secrets().names())
        except UzError:
            return False

    if not met(gives, SERVES):
        raise UzError(f"OpenBao gives no secrets {SERVES:g} s after it was started")


@contextmanager
def put_back(env: Environment) -> Iterator[None]:
    """Put the app's old credential back when it changes, as a tool does that manages files."""
    only_in_rehearsals(env)
    path = next(
        env.folder / "credentials" / service.folder / file
        for service, file in files_with(env, chosen(env))
        if service.owner is Owner.APP
    )
    old, found = path.read_bytes(), path.stat()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(OFTEN):
            write(path, old, found.st_mode & 0o777, found.st_uid, found.st_gid)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()
        env.rotate(chosen(env))
