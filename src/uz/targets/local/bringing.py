"""Bringing one service to what it should be: left alone, reloaded, restarted, or run once."""

from pathlib import Path

from uz.errors import MachineError, UnhealthyError, UzError
from uz.stack import Service
from uz.targets.local.draining import drain, undrain
from uz.targets.local.folders import link
from uz.targets.local.leading import identity
from uz.targets.local.once import run_once
from uz.targets.local.one_run import (
    Run,
    active,
    name_releases,
    note,
    remember,
    same_but_credentials,
    same_start,
    wanted_digest,
)
from uz.targets.local.probes import not_ready
from uz.targets.local.starting import reload_service, start_service
from uz.targets.local.status import replaced
from uz.targets.local.supervise import ProcessState, Supervisor
from uz.targets.local.taking_up import taken_up


def bring(run: Run, supervisor: Supervisor, service: Service, number: str, release: Path) -> None:
    """Start, restart or reload one service, or leave it alone when nothing changed."""
    undrain(run, supervisor, service)
    wanted = wanted_digest(run, service, number)
    if service.once:
        _finish(run, service, wanted, release)
        return
    if service.name in run.begun:
        _await(run, supervisor, service, wanted)
        return
    process = supervisor.processes().get(service.name)
    running = process is not None and process.running
    before = active(run, service)
    if service.in_release:
        link(run.layout.active / service.name, release)
    if process and running and _without_restart(run, supervisor, service, process, wanted):
        return
    name_releases(run)
    if running:
        drain(run, supervisor, service)
    remember(run, service.name, None)
    if service.name in run.changed:
        supervisor.renew(service.name)
    elif running:
        supervisor.stop(service.name)
    try:
        took = start_service(run.layout, supervisor, service)
    except (UnhealthyError, MachineError) as error:
        raise _given_back(run, supervisor, service, before, error) from error
    remember(run, service.name, wanted)
    note(run, "started", service.name, f"ready after {took:.1f} s")


def _without_restart(
    run: Run, supervisor: Supervisor, service: Service, process: ProcessState, wanted: str
) -> bool:
    """Whether a service that runs could be left alone, or took up what changed as it runs."""
    applied = run.state.applied.get(service.name, "")
    if service.name in run.changed or replaced(process.pid):
        return False
    well = not not_ready(service.ready, process, run.layout.root)
    if well and applied == wanted:
        note(run, "unchanged", service.name, "unchanged")
        return True
    name_releases(run)
    if service.reload_signal and same_start(applied, wanted):
        run.retiring[service.name] = reload_service(run.layout, supervisor, service)
        remember(run, service.name, wanted)
        note(run, "reloaded", service.name, "reloaded")
        return True
    if well and service.take_up and same_but_credentials(applied, wanted):
        trouble = taken_up(run.layout, service)
        if trouble:
            run.progress(service.name, f"cannot take up its new credentials, restarts: {trouble}")
            return False
        remember(run, service.name, wanted)
        note(run, "reloaded", service.name, "took up its new credentials")
        return True
    return False


def _await(run: Run, supervisor: Supervisor, service: Service, wanted: str) -> None:
    """Wait for a service that was started ahead."""
    starting, before = run.begun.pop(service.name)
    try:
        took = starting.finished()
    except (UnhealthyError, MachineError) as error:
        raise _given_back(run, supervisor, service, before, error) from error
    remember(run, service.name, wanted)
    note(run, "started", service.name, f"ready after {took:.1f} s")


def _finish(run: Run, service: Service, wanted: str, release: Path) -> None:
    """Run what runs once, where it or the database that it works on is not as it was then."""
    wanted = f"{wanted}.{identity(run.layout, run.spec)}"
    applied = run.state.applied.get(service.name, "")
    # a migration is of the schema: it does not run again for another password
    if applied == wanted or (service.in_release and same_but_credentials(applied, wanted)):
        note(run, "unchanged", service.name, "unchanged")
        return
    if service.in_release:
        link(run.layout.active / service.name, release)
    remember(run, service.name, None)
    took = run_once(run.layout, service)
    remember(run, service.name, wanted)
    note(run, "started", service.name, f"done in {took:.1f} s")


def _given_back(
    run: Run,
    supervisor: Supervisor,
    service: Service,
    before: Path | None,
    error: UzError,
) -> UzError:
    """Start the release that ran before again; return the error with how that went."""
    if before is None or before == active(run, service):
        return error
    link(run.layout.active / service.name, before)
    name_releases(run)
    try:
        start_service(run.layout, supervisor, service)
    except (UnhealthyError, MachineError):
        return error
    again = f"{error}\n{service.name} runs release {before.name} again"
    return type(error)(again, hint=error.hint)
