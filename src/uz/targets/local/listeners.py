"""Who listens on this host, as the kernel tells it."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

import psutil

from uz.environment import Address, Listening


@dataclass(frozen=True)
class Owner:
    """An environment that Uz runs, as `app/environment`, and its public ports."""

    environment: str
    public_ports: frozenset[int]


NOBODY = Owner("", frozenset())


def listeners(owners: Mapping[int, Owner]) -> tuple[Listening, ...]:
    """Every listening socket, TCP and UDP, IPv4 and IPv6.

    `owners` maps process ids to the environment they belong to. A process of another user has no
    id and no name unless root asks. Processes that share a socket are named by the first.
    """
    found: dict[tuple[str, Address, str], Listening] = {}
    for connection in sorted(psutil.net_connections("inet"), key=lambda one: one.pid or 0):
        tcp = connection.type == socket.SOCK_STREAM
        waits = connection.status == psutil.CONN_LISTEN if tcp else not connection.raddr
        if not waits or not connection.laddr:
            continue
        address = Address(connection.laddr.ip, connection.laddr.port)
        owner = owners.get(connection.pid or 0, NOBODY)
        protocol = "tcp" if tcp else "udp"
        found.setdefault(
            (protocol, address, owner.environment),
            Listening(
                protocol=protocol,
                address=address,
                pid=connection.pid,
                process=_name(connection.pid),
                environment=owner.environment,
                declared=tcp and address.port in owner.public_ports,
            ),
        )
    return tuple(
        sorted(found.values(), key=lambda one: (one.address.port, one.protocol, str(one.address)))
    )


def _name(pid: int | None) -> str:
    if pid is None:
        return "a process of another user" if os.geteuid() else "a process hidden even from root"
    try:
        name = psutil.Process(pid).name()
        return "".join(char if char.isprintable() else "?" for char in name)  # anybody's choice
    except psutil.Error:
        return "ended process"


def holder_of(port: int, own: frozenset[int] = frozenset()) -> str:
    """Name the process that listens on a TCP port, or nothing where it is free.

    A socket that a process in `own` shares does not count.
    """
    holders = {
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
        and connection.laddr
        and connection.laddr.port == port
    }
    if not holders or holders & own:
        return ""
    first = min(holders, key=lambda pid: pid or 0)
    return f"{_name(first)} (process {first})" if first else _name(None)


def listening_ports(pids: frozenset[int]) -> tuple[Address, ...]:
    """The TCP addresses that these processes listen on."""
    found = {
        Address(connection.laddr.ip, connection.laddr.port)
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.pid in pids
    }
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
