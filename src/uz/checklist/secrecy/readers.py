"""Which processes may have which secret in which variable: those that `uz.toml` names."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

from uz.checklist.secrecy.older import VERSION
from uz.checklist.syncs import tree
from uz.components.rotating import RECORDS
from uz.environment import Environment
from uz.errors import UzError
from uz.scanning.finding import Finding, Kind
from uz.secret import Secret
from uz.stack import SecretText, Service
from uz.targets.local.layout import Layout
from uz.targets.local.supervise import Supervisor

Allowed = Callable[[int, str, str], bool]
"""Told a process's id, a variable and a secret; says whether that is as it should be."""

ROTATING = re.compile(rf"{RECORDS}(.+)/(?:old|new)")
"""What both values are called while a rotation is not over."""


def nobody(_pid: int, _variable: str, _secret: str) -> bool:
    """No process may have a secret in its environment."""
    return False


def permitted(
    found: Iterable[Finding], values: Mapping[str, Secret], allowed: Allowed
) -> tuple[Finding, ...]:
    """Of what was found, what a reader has in a variable where some name of this value may be."""
    names: dict[bytes, set[str]] = {}
    for name, value in values.items():
        names.setdefault(_bare(value), set()).add(_own_name(name))

    def is_permitted(one: Finding) -> bool:
        spot = one.spot
        if spot.kind is not Kind.VARIABLE or spot.pid is None or one.closed:
            return False
        same = names[_bare(values[one.secret])] if one.secret in values else ()
        return any(allowed(spot.pid, spot.variable, name) for name in {one.secret, *same})

    return tuple(filter(is_permitted, found))


def _bare(value: Secret) -> bytes:
    """A value as the search takes it: line ends around it do not matter."""
    return value.reveal().strip(b"\r\n")


def _own_name(name: str) -> str:
    """The secret that a value belongs to: also of its older versions, and while it is rotated."""
    if older := VERSION.fullmatch(name):
        return older[1]
    rotating = ROTATING.fullmatch(name)
    return rotating[1] if rotating else name


def named_readers(env: Environment) -> Allowed:
    """The readers of this environment, with what they start.

    Others of the same app read the same secrets where `uz.toml` refers to them: a rehearsal's own
    search sees production's processes.
    """
    readers = set(_own(env))
    others = set(_others(env))

    def allowed(pid: int, variable: str, secret: str) -> bool:
        one = (pid, variable, secret)
        if one not in readers:
            readers.update(_own(env))  # it may have been started since
        return one in readers or (pid in others and one[1:] in _pairs(env))

    return allowed


def _own(env: Environment) -> Iterator[tuple[int, str, str]]:
    pids = {one.name: one.pid for one in env.status()}
    for service in env.stack.services:
        pid = pids.get(service.name)
        if pid and service.secret_environment:
            for one in tree(pid):
                yield from ((one, variable, secret) for variable, secret in _variables(service))


def _pairs(env: Environment) -> set[tuple[str, str]]:
    return {pair for service in env.stack.services for pair in _variables(service)}


def _variables(service: Service) -> Iterator[tuple[str, str]]:
    for variable, file in service.secret_environment.items():
        wanted = service.credentials[file]
        names = wanted.names() if isinstance(wanted, SecretText) else (wanted,)
        yield from ((variable, name) for name in names)


def _others(env: Environment) -> Iterator[int]:
    """The processes of the app's other environments, which lie beside this one."""
    app = env.folder.parent
    for state in app.glob("*/state.json"):
        if state.parent != env.folder:
            with suppress(UzError):
                pid = Supervisor(Layout(app.parent, app.name, state.parent.name)).pid()
                yield from tree(pid) if pid else ()
