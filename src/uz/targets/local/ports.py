"""Ports: clashes are found before anything is started."""

import os
from pathlib import Path

import psutil

from uz.errors import MachineError
from uz.spec import Spec
from uz.stack import Listen, Stack
from uz.targets.local.layout import Layout, known
from uz.targets.local.listeners import holder_of
from uz.targets.local.state import read_state
from uz.targets.local.supervise import Supervisor, tree

CAP_NET_BIND_SERVICE = 10
"""Its number in linux/capability.h."""
UNPRIVILEGED = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


def check_ports(layout: Layout, spec: Spec, stack: Stack) -> None:
    """Raise MachineError where a port is another environment's, in use, or not permitted."""
    wanted = [listen for service in stack.services for listen in service.listens]
    _permitted(wanted)
    _unclaimed(layout, wanted)
    pid = Supervisor(layout).pid()
    own = tree(pid) if pid else _leftovers(layout)
    for listen in wanted:
        holder = holder_of(listen.port, own)
        if holder:
            raise MachineError(
                f"port {listen.port} is in use by {holder}",
                hint=f"Stop it, or choose {_key(spec, listen)} in uz.toml.",
            )


def _permitted(wanted: list[Listen]) -> None:
    first = int(UNPRIVILEGED.read_text())
    low = [listen.port for listen in wanted if listen.port < first]
    if low and os.geteuid() != 0 and not may_bind_low_ports():
        raise MachineError(
            f"port {low[0]} needs a permission that this user does not have",
            hint="`uz doctor --install` grants it; or set edge.http_port and edge.https_port"
            f" to {first} or above.",
        )


def may_bind_low_ports() -> bool:
    """Whether this process and its children hold CAP_NET_BIND_SERVICE, as a unit may grant."""
    status = Path("/proc/self/status").read_text()
    ambient = next(line for line in status.splitlines() if line.startswith("CapAmb:"))
    return bool(int(ambient.split()[1], 16) >> CAP_NET_BIND_SERVICE & 1)


def _unclaimed(layout: Layout, wanted: list[Listen]) -> None:
    ports = {listen.port for listen in wanted}
    for other in known(layout.home):
        state = None if other == layout else read_state(other)
        both = sorted(ports & set(state.ports)) if state else []
        if both:
            raise MachineError(
                f"port {both[0]} belongs to the environment {other.app}/{other.environment}",
                hint="Also while that one is down: choose another network.port_base here,"
                " or other edge.http_port and edge.https_port.",
            )


def _leftovers(layout: Layout) -> frozenset[int]:
    """Processes of an earlier supervisord of this environment; starting it ends them."""
    found = set()
    words = [
        record.read_text(errors="replace").split()
        for record in layout.groups.glob("*")
        if record.suffix != ".starts" and record.is_file()
    ]
    groups = {int(one[-1]) for one in words if one and one[-1].isdigit()}
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) in groups:
                found.add(process.pid)
        except ProcessLookupError:
            continue
    return frozenset(found)


def _key(spec: Spec, listen: Listen) -> str:
    names = {spec.ports.http: "edge.http_port", spec.ports.https: "edge.https_port"}
    return names.get(listen.port, "another network.port_base")
