"""How one service is doing: what supervisord, the kernel and its own probe say."""

import os
from pathlib import Path

import psutil

from uz.environment import ServiceStatus
from uz.machine import Machine
from uz.stack import Service
from uz.targets.local.layout import Layout
from uz.targets.local.leading import role
from uz.targets.local.probes import not_ready
from uz.targets.local.starting import starts
from uz.targets.local.supervise import ProcessState, tree

SHOWN = 3
"""Ports that are listed; of a service with more, the first stands for all."""


def service_status(
    layout: Layout, service: Service, process: ProcessState | None, machine: Machine
) -> ServiceStatus:
    """Put together what is known of one service."""
    running = process is not None and process.running
    trouble = not_ready(service.ready, process, layout.root)
    program = machine.programs.get(service.program)
    active = layout.active / service.name
    return ServiceStatus(
        name=service.name,
        description=service.description,
        running=running,
        healthy=not trouble,
        detail=trouble if running or process is None else f"{trouble} ({process.state.lower()})",
        address=_address(service),
        pid=process.pid if process and running else None,
        uptime=process.uptime if process and running else None,
        restarts=_restarts(layout, service),
        memory=_memory(process.pid) if process and running else None,
        version=program.version_text if program else "",
        replaced_on_disk=bool(process and running and replaced(process.pid)),
        role=role(layout, service.name) if service.folder == "database" else "",
        release=active.resolve().name if service.in_release and active.is_symlink() else "",
    )


def _address(service: Service) -> str:
    listens = service.listens
    shown = listens if len(listens) <= SHOWN else listens[:1]
    hosts = (f"{'*' if one.public else '127.0.0.1'}:{one.port}" for one in shown)
    more = len(listens) - len(shown)
    return ", ".join(hosts) + (f" and {more} more" if more else "")


def _restarts(layout: Layout, service: Service) -> int:
    """How often the service came up again by itself since it was started on purpose."""
    return max(0, starts(layout.groups / f"{service.name}.starts") - 1)


def _memory(pid: int) -> int:
    """Memory of a process and its descendants: what each shares is counted in parts (PSS)."""
    total = 0
    for one in tree(pid):
        try:
            total += psutil.Process(one).memory_full_info().pss
        except psutil.AccessDenied:
            total += psutil.Process(one).memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def replaced(pid: int) -> bool:
    """Whether the program on disk is no longer the one that runs, as after an upgrade."""
    link = Path(f"/proc/{pid}/exe")
    try:
        target = os.readlink(link)  # noqa: PTH115
        if target.endswith(" (deleted)"):
            return True
        running, on_disk = link.stat(), Path(target).stat()
    except OSError:
        return False
    return (running.st_dev, running.st_ino) != (on_disk.st_dev, on_disk.st_ino)
