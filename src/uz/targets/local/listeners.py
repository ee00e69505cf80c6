"""Who listens on this host, as the kernel tells it."""

import os
import socket
from collections.abc import Mapping
from ipaddress import ip_address

import psutil

from uz.environment import Address, Listening


def listeners(environments: Mapping[int, str]) -> tuple[Listening, ...]:
    """Every listening socket, TCP and UDP, IPv4 and IPv6.

    `environments` maps process ids to the `app/environment` they belong to. A process of another
    user has no id and no name unless root asks.
    """
    found = set()
    for connection in psutil.net_connections("inet"):
        tcp = connection.type == socket.SOCK_STREAM
        waits = connection.status == psutil.CONN_LISTEN if tcp else not connection.raddr
        if not waits or not connection.laddr:
            continue
        pid = connection.pid
        found.add(
            Listening(
                protocol="tcp" if tcp else "udp",
                address=Address(connection.laddr.ip, connection.laddr.port),
                pid=pid,
                process=_name(pid),
                environment=environments.get(pid, "") if pid else "",
            )
        )
    return tuple(sorted(found, key=lambda one: (one.address.port, one.protocol, str(one.address),
                                                one.pid or 0)))  # fmt: skip


def _name(pid: int | None) -> str:
    if pid is None:
        return "unknown process" if os.geteuid() else "kernel or another namespace"
    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return "ended process"


def holder_of(port: int, own: frozenset[int] = frozenset()) -> str:
    """Name the process that holds a TCP port, or nothing where it is free.

    Processes in `own` do not count.
    """
    for one in listeners({}):
        if one.protocol == "tcp" and one.address.port == port and one.pid not in own:
            return f"{one.process} (process {one.pid})" if one.pid else one.process
    return ""


def listening_ports(pids: frozenset[int]) -> tuple[Address, ...]:
    """The TCP addresses that these processes listen on."""
    found = {one.address for one in listeners({}) if one.pid in pids and one.protocol == "tcp"}
    return tuple(sorted(found, key=str))


def outside_addresses() -> tuple[str, ...]:
    """The host's addresses beyond loopback and link-local ones."""
    found = []
    for addresses in psutil.net_if_addrs().values():
        for one in addresses:
            if one.family in {socket.AF_INET, socket.AF_INET6}:
                address = ip_address(one.address.partition("%")[0])
                if not (address.is_loopback or address.is_link_local):
                    found.append(str(address))
    return tuple(sorted(found))
