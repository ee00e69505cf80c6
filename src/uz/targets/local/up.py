"""Bringing an environment up: apply what changed, in dependency order, each gated by its probe."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from uz.components.database import led_by
from uz.components.database import name as database_name
from uz.errors import MachineError, UnhealthyError, UzError
from uz.machine import Machine
from uz.secret import FileSecrets, ensure
from uz.spec import Spec
from uz.stack import Role, Service, Stack
from uz.targets.local.certificates import authority_certificate, edge_certificate
from uz.targets.local.config import digest, restart_digest, write_config
from uz.targets.local.folders import link, write
from uz.targets.local.layout import Layout
from uz.targets.local.leading import given as leader_port
from uz.targets.local.leading import identity, lead, leader
from uz.targets.local.memory import deliver
from uz.targets.local.once import run_once
from uz.targets.local.ports import check_ports
from uz.targets.local.prepare import prepare
from uz.targets.local.probes import not_ready
from uz.targets.local.releases import Release, ensure_release, prune
from uz.targets.local.render import render
from uz.targets.local.starting import Starting, reload_service, start_service, workers
from uz.targets.local.state import State, read_state, write_state
from uz.targets.local.status import replaced
from uz.targets.local.supervise import Supervisor
from uz.targets.local.users import isolated
from uz.waiting import met

KEPT_RELEASES = 5

RETIREMENT = 3.0
"""Seconds that workers with old files may take to end before what they know of is stopped."""

Progress = Callable[[str, str], None]
"""Told what happens: a service or step, and what became of it."""


@dataclass(frozen=True)
class Applied:
    """What `up` did: services by what happened to them, and how long it took in seconds."""

    release: str
    started: tuple[str, ...] = ()
    reloaded: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass
class _Run:
    """One run of `up`, with what each step needs of the ones before."""

    layout: Layout
    spec: Spec
    stack: Stack
    machine: Machine
    project: Path
    progress: Progress
    state: State
    files: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)
    happened: dict[str, list[str]] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    retiring: dict[str, set[int]] = field(default_factory=dict)
    begun: dict[str, tuple[Starting, Path | None]] = field(default_factory=dict)
    failed: list[UzError] = field(default_factory=list)


def up(
    layout: Layout,
    spec: Spec,
    stack: Stack,
    machine: Machine,
    project: Path,
    *,
    progress: Progress,
    release_from: Layout | None = None,
    parent: str = "",
) -> Applied:
    """Bring the environment to what the Spec says; the caller holds the lock.

    `release_from`: take the newest release of that environment instead of making one. Data is
    never touched. Raises UzError; what was applied until then stays, and the next run goes on.
    """
    begun = time.monotonic()
    prepare(layout, stack)
    services = _in_order(layout, spec, stack)
    known = read_state(layout)
    check_ports(layout, spec, stack)
    state = _claimed(known or State(), spec, services, project, parent)
    run = _Run(layout, spec, stack, machine, project, progress, state)
    write_state(layout, run.state)
    number, folder = _release(run, release_from)
    _write(run)
    supervisor = Supervisor(layout)
    cold = supervisor.ensure()
    if cold:
        once = {one.name for one in stack.services if one.once}
        applied = {name: done for name, done in run.state.applied.items() if name in once}
        run.state = replace(run.state, applied=applied)
    run.changed, removed = supervisor.reload()
    try:
        for service in services:
            if cold:
                _begin_what_can(run, supervisor, services, folder)
            with _going_on(run, service, services):
                _bring(run, supervisor, service, number, folder)
    finally:
        for name in run.begun:
            supervisor.stop(name)
    _stop_removed(run, supervisor, removed)
    run.state = replace(run.state, release=number)
    write_state(layout, run.state)
    if release_from is None:
        prune(layout, KEPT_RELEASES, {number})
    for error in run.failed:
        raise type(error)(f"{error}\nAll else is up.", hint=error.hint) from error
    done = {what: tuple(names) for what, names in run.happened.items()}
    return Applied(number, seconds=time.monotonic() - begun, **done)


@contextmanager
def _going_on(run: _Run, service: Service, services: tuple[Service, ...]) -> Iterator[None]:
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
        _note(run, "failed", service.name, "does not come up, the others go on")


def _begin_what_can(
    run: _Run, supervisor: Supervisor, services: tuple[Service, ...], release: Path
) -> None:
    """Where nothing runs yet, start all at once that only waits for what is there already."""
    there = {name for names in run.happened.values() for name in names}
    for service in services:
        known = service.once or service.name in there or service.name in run.begun
        if not known and set(service.after) <= there:
            before = _active(run, service)
            if service.in_release:
                link(run.layout.active / service.name, release)
            _name_releases(run)
            run.begun[service.name] = Starting(run.layout, supervisor, service), before


def _in_order(layout: Layout, spec: Spec, stack: Stack) -> tuple[Service, ...]:
    """The services as they start: of the database's, the one that leads is the first."""
    if spec.database:
        node = leader(layout, spec)
        lead(layout, spec, node)
        stack = led_by(stack, database_name(node))
    return stack.in_start_order()


def _claimed(
    state: State, spec: Spec, services: tuple[Service, ...], project: Path, parent: str
) -> State:
    listens = [listen for service in services for listen in service.listens]
    return replace(
        state,
        kind=spec.kind.value,
        project=str(project),
        ports=tuple(sorted(listen.port for listen in listens)),
        order=tuple(service.name for service in services),
        public_ports=tuple(sorted(listen.port for listen in listens if listen.public)),
        parent=parent,
    )


def _release(run: _Run, release_from: Layout | None) -> tuple[str, Path]:
    if release_from is not None:
        state = read_state(release_from)
        if state and state.release:
            return state.release, release_from.releases / state.release
    prune(run.layout, KEPT_RELEASES, {run.state.release} if run.state.release else set())
    begun = time.monotonic()
    release, made = ensure_release(run.layout, run.spec, run.project)
    if made:
        run.progress(f"release {release.number}", _built(release, time.monotonic() - begun))
    return release.number, run.layout.releases / release.number


def _built(release: Release, seconds: float) -> str:
    return f"built from {release.source} in {seconds:.1f} s"


def _write(run: _Run) -> None:
    source = FileSecrets(run.layout.secrets)
    for name in dict.fromkeys(name for one in run.stack.services for name in one.passwords):
        ensure(source, name)
    given = dict(edge_certificate(run.spec, run.project, source))
    authority = authority_certificate(source)
    if authority is not None:
        write(run.layout.data / "authority.pem", authority, 0o644)
    given |= leader_port(run.layout, run.spec)
    run.credentials = deliver(run.layout, run.stack, source, given)
    run.files = dict(render(run.spec, run.stack, run.machine))
    write_config(run.layout, run.files)
    _name_releases(run)


def _stop_removed(run: _Run, supervisor: Supervisor, removed: frozenset[str]) -> None:
    """Stop what is no longer in the stack: last, when the edge sends nobody there any more."""
    gone = {*run.state.applied, *removed} - {service.name for service in run.stack.services}
    if gone:
        met(lambda: not any(_retiring(run, supervisor)), RETIREMENT)
    for name in sorted(gone, reverse=True):
        supervisor.remove(name)
        _remember(run, name, None)
        (run.layout.active / name).unlink(missing_ok=True)
        _note(run, "stopped", name, "stopped, no longer in uz.toml")


def _retiring(run: _Run, supervisor: Supervisor) -> Iterator[set[int]]:
    for service in run.stack.services:
        yield workers(supervisor, service) & run.retiring.get(service.name, set())


def _bring(run: _Run, supervisor: Supervisor, service: Service, number: str, release: Path) -> None:
    """Start, restart or reload one service, or leave it alone when nothing changed."""
    wanted = _wanted(run, service, number)
    if service.once:
        _finish(run, service, wanted, release)
        return
    if service.name in run.begun:
        _await(run, supervisor, service, wanted)
        return
    process = supervisor.processes().get(service.name)
    running = process is not None and process.running
    applied = run.state.applied.get(service.name, "")
    if service.name in run.changed or (process and running and replaced(process.pid)):
        applied = ""
    if running and applied == wanted and not not_ready(service.ready, process, run.layout.root):
        if service.in_release:
            link(run.layout.active / service.name, release)  # somebody may have removed it
        _note(run, "unchanged", service.name, "unchanged")
        return
    before = _active(run, service)
    if service.in_release:
        link(run.layout.active / service.name, release)
    _name_releases(run)
    if running and service.reload_signal and _same_start(applied, wanted):
        run.retiring[service.name] = reload_service(run.layout, supervisor, service)
        _remember(run, service.name, wanted)
        _note(run, "reloaded", service.name, "reloaded")
        return
    _remember(run, service.name, None)
    if service.name in run.changed:
        supervisor.renew(service.name)
    elif running:
        supervisor.stop(service.name)
    try:
        took = start_service(run.layout, supervisor, service)
    except (UnhealthyError, MachineError) as error:
        raise _given_back(run, supervisor, service, before, error) from error
    _remember(run, service.name, wanted)
    _note(run, "started", service.name, f"ready after {took:.1f} s")


def _await(run: _Run, supervisor: Supervisor, service: Service, wanted: str) -> None:
    """Wait for a service that was started ahead."""
    starting, before = run.begun.pop(service.name)
    try:
        took = starting.finished()
    except (UnhealthyError, MachineError) as error:
        raise _given_back(run, supervisor, service, before, error) from error
    _remember(run, service.name, wanted)
    _note(run, "started", service.name, f"ready after {took:.1f} s")


def _finish(run: _Run, service: Service, wanted: str, release: Path) -> None:
    """Run what runs once, where it or the database that it works on is not as it was then."""
    wanted = f"{wanted}.{identity(run.layout, run.spec)}"
    if run.state.applied.get(service.name) == wanted:
        _note(run, "unchanged", service.name, "unchanged")
        return
    if service.in_release:
        link(run.layout.active / service.name, release)
    _remember(run, service.name, None)
    took = run_once(run.layout, service)
    _remember(run, service.name, wanted)
    _note(run, "started", service.name, f"done in {took:.1f} s")


def _active(run: _Run, service: Service) -> Path | None:
    """The release folder that a service of the app runs from, while it is there."""
    active = run.layout.active / service.name
    return active.resolve() if active.is_symlink() and active.exists() else None


def _given_back(
    run: _Run,
    supervisor: Supervisor,
    service: Service,
    before: Path | None,
    error: UzError,
) -> UzError:
    """Start the release that ran before again; return the error with how that went."""
    if before is None or before == _active(run, service):
        return error
    link(run.layout.active / service.name, before)
    _name_releases(run)
    try:
        start_service(run.layout, supervisor, service)
    except (UnhealthyError, MachineError):
        return error
    again = f"{error}\n{service.name} runs release {before.name} again"
    return type(error)(again, hint=error.hint)


def _wanted(run: _Run, service: Service, number: str) -> str:
    """Two digests in one: what a restart is needed for, and what a reload is enough for."""
    found = run.machine.programs.get(service.program)
    program = f"{found.path} {found.version_text}" if found else ""
    extra = number if service.in_release else ""
    if service.reload_signal:
        extra = f"releases {number}"
    whole = digest(
        service,
        run.stack,
        run.files,
        credentials=run.credentials.get(service.name, ""),
        release=extra,
        program=program,
    )
    return f"{restart_digest(service, run.files, program)}.{whole}"


def _same_start(applied: str, wanted: str) -> bool:
    return applied.partition(".")[0] == wanted.partition(".")[0]


def _name_releases(run: _Run) -> None:
    """Write which release answers at which address: nginx reads it for the access log."""
    lines = [
        f'    "~127\\.0\\.0\\.1:{listen.port}$" "{folder.name}";'
        for service in run.stack.services
        if (folder := _active(run, service)) is not None
        for listen in service.listens
    ]
    text = "\n".join(["map $upstream_addr $uz_release {", '    default "";', *lines, "}", ""])
    write(run.layout.active / "releases.conf", text, 0o644 if isolated() else 0o600)


def _remember(run: _Run, name: str, applied: str | None) -> None:
    run.state = run.state.with_service(name, applied)
    write_state(run.layout, run.state)


def _note(run: _Run, what: str, name: str, text: str) -> None:
    run.happened.setdefault(what, []).append(name)
    run.progress(name, text)
