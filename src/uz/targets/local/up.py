"""Bringing an environment up: apply what changed, in dependency order, each gated by its probe."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from uz.components.offsite import NAME as OFFSITE
from uz.components.openbao import NAME as OPENBAO
from uz.errors import UzError
from uz.machine import Machine
from uz.secret import Secret
from uz.spec import Spec
from uz.stack import Role, Service, Stack
from uz.targets.local.bringing import bring
from uz.targets.local.certificates import authority_certificate, edge_certificate
from uz.targets.local.config import write_config
from uz.targets.local.draining import undrain, undrain_after_all
from uz.targets.local.folders import link, write
from uz.targets.local.layout import Layout
from uz.targets.local.leading import given as leader_port
from uz.targets.local.memory import deliver, remove_strangers
from uz.targets.local.offsite import certify_offsite, make_bucket
from uz.targets.local.one_run import Origin, Progress, Run, active, name_releases, note, remember
from uz.targets.local.releases import Release, ensure_release, prune
from uz.targets.local.render import render
from uz.targets.local.rotation.records import decided, recorded
from uz.targets.local.secrets_first import Keeper, keep, local_bootstrap, remember_secrets
from uz.targets.local.starting import Starting, workers
from uz.targets.local.starts import awaited_first, begun, in_order
from uz.targets.local.state import read_state, write_state
from uz.targets.local.supervise import Supervisor
from uz.waiting import met

KEPT_RELEASES = 5

RETIREMENT = 3.0
"""Seconds that workers with old files may take to end before what they know of is stopped."""


@dataclass(frozen=True)
class Applied:
    """What `up` did: services by what happened to them, and how long it took in seconds."""

    release: str
    started: tuple[str, ...] = ()
    reloaded: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    """What the user should know."""
    rotating: tuple[str, ...] = ()
    """Passwords whose rotation is not over."""


def up(
    layout: Layout,
    spec: Spec,
    stack: Stack,
    machine: Machine,
    project: Path,
    *,
    progress: Progress,
    origin: Origin | None = None,
    parent: str = "",
    identity: Secret | None = None,
    same_release: bool = False,
    rotating: str = "",
) -> Applied:
    """Bring the environment to what the Spec says; the caller holds the lock.

    `origin`: take the newest release of that environment instead of making one. `identity`: log in
    to the secrets manager by this token of a pipeline. `same_release`: let the app run the release
    that it runs. `rotating`: whose rotation goes on. Data is never touched. Raises UzError; what
    was applied until then stays, and the next run goes on.
    """
    started = time.monotonic()
    run = begun(layout, spec, stack, machine, project, progress, parent)
    services = in_order(layout, spec, stack)
    supervisor = Supervisor(layout)
    cold = _cold(run, supervisor)
    keeper = keep(run, supervisor, identity=identity, origin=origin)
    number, folder = _running_release(run) if same_release else _release(run, origin)
    _write(run, keeper, rotating)
    remember_secrets(run, keeper)
    supervisor.ensure()
    run.changed, removed = supervisor.reload()
    others = tuple(one for one in services if one.name != OPENBAO)  # which is up by now
    if cold:
        others = awaited_first(others)
    try:
        for service in others:
            if cold:
                _begin_what_can(run, supervisor, others, folder)
            with _going_on(run, service, others):
                bring(run, supervisor, service, number, folder)
                if service.name == OFFSITE:
                    make_bucket(layout, spec, keeper.source)
        undrain(run, supervisor)
    finally:
        undrain_after_all(run, supervisor)
        for name in run.begun:
            supervisor.stop(name)
    _stop_removed(run, supervisor, removed)
    run.state = replace(run.state, release=number)
    write_state(layout, run.state)
    if origin is None and not same_release:
        prune(layout, KEPT_RELEASES, {number})
    for error in run.failed:
        raise type(error)(f"{error}\nAll else is up.", hint=error.hint) from error
    told = ("started", "reloaded", "unchanged", "stopped")
    done = {what: tuple(run.happened.get(what, ())) for what in told}
    seconds = time.monotonic() - started
    notes = tuple(run.notes)
    return Applied(number, seconds=seconds, notes=notes, rotating=run.rotating, **done)


@contextmanager
def _going_on(run: Run, service: Service, services: tuple[Service, ...]) -> Iterator[None]:
    """Keep the error of a server that no other one needs, such as a replica, for the end.

    Where one that is needed fails later, the first error is the one to be told.
    """
    try:
        yield
    except UzError as error:
        needed = any(service.name in other.after for other in services)
        if needed or service.role is not Role.SERVER:
            raise (run.failed or [error])[0] from error
        run.failed.append(error)
        note(run, "failed", service.name, "does not come up, the others go on")


def _begin_what_can(
    run: Run, supervisor: Supervisor, services: tuple[Service, ...], release: Path
) -> None:
    """Where nothing runs yet, start all at once that only waits for what is there already."""
    there = {name for names in run.happened.values() for name in names}
    for service in services:
        known = service.once or service.name in there or service.name in run.begun
        if not known and set(service.after) <= there:
            before = active(run, service)
            if service.in_release:
                link(run.layout.active / service.name, release)
            name_releases(run)
            run.begun[service.name] = Starting(run.layout, supervisor, service), before


def _cold(run: Run, supervisor: Supervisor) -> bool:
    """Whether nothing runs yet, but for OpenBao; what was started before is forgotten then."""
    running = {name for name, one in supervisor.processes().items() if one.running}
    if running - {OPENBAO}:
        return False
    stay = {one.name for one in run.stack.services if one.once} | running
    applied = {name: done for name, done in run.state.applied.items() if name in stay}
    run.state = replace(run.state, applied=applied)
    return True


def _release(run: Run, origin: Origin | None) -> tuple[str, Path]:
    if origin is not None:
        state = read_state(origin.layout)
        if state and state.release:
            return state.release, _of_origin(origin, state.release)
    prune(run.layout, KEPT_RELEASES, {run.state.release} if run.state.release else set())
    begun = time.monotonic()
    release, made = ensure_release(run.layout, run.spec, run.project)
    if made:
        run.progress(f"release {release.number}", _built(release, time.monotonic() - begun))
    return release.number, run.layout.releases / release.number


def _of_origin(origin: Origin, release: str) -> Path:
    """The folder of a release that another environment runs, which may be one of a third."""
    own = origin.layout.releases / release
    if own.is_dir():
        return own
    links = (one.resolve() for one in sorted(origin.layout.active.glob("*")))
    return next((one for one in links if one.name == release), own)


def _running_release(run: Run) -> tuple[str, Path]:
    """The release that the app runs; of a rehearsal it is another environment's."""
    folders = (active(run, one) for one in run.stack.services if one.in_release)
    found = next((one for one in folders if one and one.name == run.state.release), None)
    return run.state.release, found or run.layout.releases / run.state.release


def _built(release: Release, seconds: float) -> str:
    return f"built from {release.source} in {seconds:.1f} s"


def _write(run: Run, keeper: Keeper, rotating: str) -> None:
    layout, spec = run.layout, run.spec
    records = recorded(keeper.source, rotating)
    run.rotating = tuple(records)
    given = {**keeper.given, **leader_port(layout, spec), **decided(records, keeper.source)}
    key = (keeper.seen | keeper.given).get(spec.edge.certificate_key or "")
    edge = edge_certificate(spec, run.project, keeper.source, key)
    if spec.edge.certificate or keeper.reading is None:
        given |= edge
    authority = authority_certificate(keeper.source)
    if authority is not None:
        write(layout.data / "authority.pem", authority, 0o644)
    certify_offsite(layout, spec, keeper.source)
    delivered = Stack(tuple(one for one in run.stack.services if one.name != OPENBAO))
    bootstrap = local_bootstrap(layout, spec)
    digests = bootstrap.digest_key if bootstrap else b""
    run.credentials |= deliver(layout, delivered, keeper.source, given, keeper.reading, digests)
    remove_strangers(layout, run.stack)
    run.files = dict(render(spec, run.stack, run.machine))
    write_config(layout, run.files)
    name_releases(run)


def _stop_removed(run: Run, supervisor: Supervisor, removed: frozenset[str]) -> None:
    """Stop what is no longer in the stack: last, when the edge sends nobody there any more."""
    gone = {*run.state.applied, *removed} - {service.name for service in run.stack.services}
    if gone:
        met(lambda: not any(_retiring(run, supervisor)), RETIREMENT)
    for name in sorted(gone, reverse=True):
        supervisor.remove(name)
        remember(run, name, None)
        (run.layout.active / name).unlink(missing_ok=True)
        note(run, "stopped", name, "stopped, no longer in uz.toml")


def _retiring(run: Run, supervisor: Supervisor) -> Iterator[set[int]]:
    for service in run.stack.services:
        yield workers(supervisor, service) & run.retiring.get(service.name, set())
