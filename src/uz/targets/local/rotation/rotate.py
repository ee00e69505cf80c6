"""Rotating what Uz made up: in steps that can each be done again, and that `uz up` can finish."""

import time
from typing import TYPE_CHECKING

from uz.components.rotating import RECORDS, Phase, Record, phases
from uz.environment import Rotated
from uz.errors import SecretError
from uz.managers import ManagedSecrets
from uz.secret import Secret, SecretSource, random_password
from uz.targets.local.certificates import CERTIFICATE, KEY, LEAF_DAYS, issue
from uz.targets.local.one_run import Progress
from uz.targets.local.rotation.choosing import readers, refuse_others
from uz.targets.local.rotation.records import keep, record
from uz.targets.local.rotation.refusal import refused_by
from uz.targets.local.state import read_state
from uz.targets.local.up import up

if TYPE_CHECKING:
    from uz.targets.local.environment import LocalEnvironment

TOLD = {
    Phase.ACCEPT: "servers accept the old one and the new one",
    Phase.BRIDGE: "the app logs in as another role meanwhile",
    Phase.READERS: "its readers have the new one",
    Phase.CLOSE: "servers accept the new one only",
}


def rotate_own(env: "LocalEnvironment", name: str, progress: Progress) -> Rotated:
    """Give a secret of Uz's own a new value; one that was interrupted goes on. Raises UzError.

    The caller holds the environment. Whenever this ends, the old value or the new one is valid.
    """
    begun = time.monotonic()
    source = env.secrets()
    if record(source, name) is None:
        refuse_others(env.spec, env.stack, name)
        steps = phases(name)
        if not steps:
            return _anew(env, source, name, progress, begun)
        keep(source, name, Record(_now(source, name), Secret(random_password()), steps[0]))
    return finish(env, name, progress, begun)


def finish(
    env: "LocalEnvironment", name: str, progress: Progress, begun: float | None = None
) -> Rotated:
    """Go on with a rotation that was begun, to its end. Raises UzError."""
    begun = time.monotonic() if begun is None else begun
    one = record(env.secrets(), name)
    if one is None or one.phase not in phases(name):
        raise SecretError(f"{RECORDS}{name}: no rotation that could go on", hint="Remove it.")
    changed: dict[str, None] = {}
    for phase in phases(name)[phases(name).index(one.phase) :]:
        one = one.at(phase)
        keep(env.secrets(), name, one)
        changed |= dict.fromkeys(apply(env, progress, name))
        progress(name, TOLD[phase])
    refused = refused_by(env, name, one)
    env.secrets().remove(RECORDS + name)
    return _done(env, name, changed, refused, begun)


def apply(env: "LocalEnvironment", progress: Progress, rotating: str = "") -> tuple[str, ...]:
    """Deliver what the manager has now; return the services that took it up. Raises UzError."""

    def told(name: str, what: str) -> None:
        if what != "unchanged":
            progress(name, what)

    state = read_state(env.layout)
    done = up(
        env.layout, env.spec, env.stack, env.machine, env.project,
        progress=told, parent=state.parent if state else "", same_release=True,
        rotating=rotating,
    )  # fmt: skip
    return done.started + done.reloaded


def _anew(
    env: "LocalEnvironment", source: SecretSource, name: str, progress: Progress, begun: float
) -> Rotated:
    """A new value of what no server knows: the next `uz up` finishes that as well."""
    if name == KEY:
        key, certificate = issue(source, env.spec.domains, days=LEAF_DAYS)
        source.write(CERTIFICATE, certificate)
        source.write(KEY, key)
    else:
        source.write(name, Secret(random_password()))
    return _done(env, name, dict.fromkeys(apply(env, progress)), (), begun)


def _now(source: SecretSource, name: str) -> Secret:
    found = source.read(name)
    if found is None:
        raise SecretError(f"{name}: is not there yet", hint="`uz up` makes it.")
    return found


def _done(
    env: "LocalEnvironment", name: str, changed: dict[str, None], refused: tuple[str, ...],
    begun: float,
) -> Rotated:  # fmt: skip
    reading = tuple(one for one in readers(env.stack, name) if one in changed)
    return Rotated(name, version_of(env, name), reading, refused, time.monotonic() - begun)


def version_of(env: "LocalEnvironment", name: str) -> str:
    """Which version of a secret of Uz's own the manager has, where it counts them."""
    source = env.secrets()
    kept = source.kept(name) if isinstance(source, ManagedSecrets) else None
    return kept.version if kept else ""
