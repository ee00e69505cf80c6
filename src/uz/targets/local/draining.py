"""Restarting one web instance of several without a failed request: the edge leaves it out first.

On its own an instance cannot do that: a request may be on its way by a connection that it closes,
and the edge does not send it again where that could do something twice.
"""

import re
from contextlib import suppress

from uz.errors import UzError
from uz.stack import Role, Service
from uz.targets.local.folders import write
from uz.targets.local.one_run import Run, remember, same_files, wanted_digest
from uz.targets.local.probes import not_ready
from uz.targets.local.starting import reload_service, workers
from uz.targets.local.supervise import Supervisor
from uz.waiting import met

FILE = "edge/nginx.conf"
MARK = ".without-one-"
"""In the digest of the edge's files, while these leave an instance out: it differs from all."""
DRAINED = 3.0
"""Seconds that requests on their way get until the instance is told to end, which waits for them
as well."""


def drain(run: Run, supervisor: Supervisor, service: Service) -> None:
    """Have the edge send nobody to a web instance, where it runs and another instance serves.

    An edge that is to change itself is left alone. State says that its files are not as they should
    be, so that the next `uz up` puts them right however this one ends. Raises UnhealthyError.
    """
    if service.role is not Role.WEB:
        return
    edge = _steady_edge(run, supervisor)
    if edge is None:
        _take_all_in(run, supervisor)
    if edge is None or not _others_serve(run, supervisor, service):
        return
    text = left_out(run.files[FILE], service.listens[0].port)
    run.before_draining = _before(run.state.applied[edge.name])
    remember(run, edge.name, run.before_draining.replace(".", MARK, 1))
    run.drained = service.name
    _put(run, text)
    old = reload_service(run.layout, supervisor, edge)
    met(lambda: not workers(supervisor, edge) & old, DRAINED)


def undrain(run: Run, supervisor: Supervisor, before: Service | None = None) -> None:
    """Have the edge know all instances again. `before`: the service that comes next.

    Another web instance that comes next may take the place of the one left out; and an edge that
    comes next reloads its files anyway.
    """
    comes = before.role if before else None
    if not run.drained or comes is Role.WEB:
        return
    edge = run.stack.in_role(Role.EDGE)[0]
    _put(run, run.files[FILE])
    run.drained = ""
    if comes is not Role.EDGE:
        run.retiring[edge.name] = reload_service(run.layout, supervisor, edge)
        remember(run, edge.name, run.before_draining)
    run.before_draining = ""


def undrain_after_all(run: Run, supervisor: Supervisor) -> None:
    """The same where a run fails, whose own error is the one to tell."""
    with suppress(UzError):
        undrain(run, supervisor)


def left_out(text: str, port: int) -> str:
    """The edge's configuration, in which the instance at this port is down."""
    return re.sub(rf"(\n\s*server 127\.0\.0\.1:{port}\b[^;{{]*);", r"\1 down;", text)


def _steady_edge(run: Run, supervisor: Supervisor) -> Service | None:
    """The edge, where it runs with the files that it is to have."""
    for edge in run.stack.in_role(Role.EDGE):
        process = supervisor.processes().get(edge.name)
        if process is None or not process.running or edge.name in run.changed:
            return None
        applied = _before(run.state.applied.get(edge.name, ""))
        return edge if same_files(applied, wanted_digest(run, edge, "")) else None
    return None


def _take_all_in(run: Run, supervisor: Supervisor) -> None:
    """Where a killed run left an instance out of an edge that is to change: load the files now."""
    for edge in run.stack.in_role(Role.EDGE):
        process, applied = supervisor.processes().get(edge.name), run.state.applied.get(edge.name)
        if process and process.running and applied and MARK in applied:
            reload_service(run.layout, supervisor, edge)
            remember(run, edge.name, applied.replace(MARK, ".", 1))


def _others_serve(run: Run, supervisor: Supervisor, service: Service) -> bool:
    processes = supervisor.processes()
    others = (one for one in run.stack.in_role(Role.WEB) if one.name != service.name)
    return any(not not_ready(one.ready, processes.get(one.name), run.layout.root) for one in others)


def _before(applied: str) -> str:
    """What the edge was applied with before it left one out, in this run or a killed one."""
    return applied.replace(MARK, ".", 1)


def _put(run: Run, text: str) -> None:
    path = run.layout.config / FILE
    found = path.stat()
    write(path, text, found.st_mode & 0o777, found.st_uid, found.st_gid)
