"""Item 6: nothing listens to the world but what is meant to."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from uz.checklist.item import Control, Experiment
from uz.environment import Environment, Listening
from uz.evidence import Effect
from uz.shell import background
from uz.verdict import Figure, Verdict, proven, refuted, unknown
from uz.waiting import met


class NetworkClosed:
    """Every socket that waits for the world is one that `uz.toml` allows.

    A firewall rule in a file says nothing about the debug server somebody left running. So Uz asks
    the kernel for all listening sockets of the host, TCP and UDP, IPv4 and IPv6, and compares: the
    edge's two ports, and what `[network] allow` lists with its reason. Whatever else can be reached
    from outside is a stranger, and is named with its process.
    """

    id = "network.closed"
    line = "only the necessary ports are public"
    fix = 'Stop the stranger, bind it to 127.0.0.1, or allow it: [network.allow] "22/tcp" = "SSH".'
    needs: tuple[str, ...] = ()
    inputs = ("edge", "web", "worker", "server", "[network]")
    max_age = timedelta(days=1)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """The comparison."""
        return (
            Experiment("listeners", Effect.OBSERVE, "the kernel's list has no stranger", listeners),
        )

    @property
    def controls(self) -> tuple[Control, ...]:
        """Strangers of several kinds."""
        return (
            Control("stray-tcp", "a server on all addresses", "listeners", stray_tcp),
            Control("stray-tcp6", "a server on all IPv6 addresses", "listeners", stray_tcp6),
            Control("stray-udp", "a UDP server on all addresses", "listeners", stray_udp),
            Control("open-status", "the edge's status page public", "listeners", open_status),
        )


def listeners(env: Environment) -> Verdict:
    """Compare the kernel's list with what the Spec allows."""
    found = env.listeners()
    edge = {(env.spec.ports.http, "tcp"), (env.spec.ports.https, "tcp")}
    seen = {(one.address.port, one.protocol) for one in found}
    if not edge <= seen:
        return unknown("the edge's own ports are not in the kernel's list: it cannot be complete")
    public = [one for one in found if not one.loopback]
    allowed = env.spec.network.allow
    strangers = [
        one
        for one in public
        if not (one.declared or f"{one.address.port}/{one.protocol}" in allowed)
    ]
    figures: dict[str, Figure] = {
        "listeners": len(found),
        "public": len(public),
        "strangers": len(strangers),
    }
    if strangers:
        figures["named"] = ", ".join(dict.fromkeys(map(_name, strangers)))
        first = "; ".join(dict.fromkeys(map(_name, strangers[:4])))
        return refuted(f"{many(len(strangers), 'stranger')}: {first}", **figures)
    reasons = sorted({_name(one) for one in public})
    return proven(
        f"{len(found)} listeners, {len(public)} public, every one allowed",
        domains=env.failure_domains(),
        **figures,
        public_ones=", ".join(reasons),
    )


def many(count: int, thing: str) -> str:
    """Count things in words: `1 stranger`, `2 strangers`."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _name(one: Listening) -> str:
    who = f"{one.process} (process {one.pid})" if one.pid else one.process
    return f"{one.address}/{one.protocol} {who}"


SERVER = """
import socket, sys, time
family, kind = (getattr(socket, name) for name in sys.argv[1:3])
server = socket.socket(family, kind)
server.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", int(sys.argv[3])))
if kind == socket.SOCK_STREAM:
    server.listen()
time.sleep(600)
"""
"""A server that only waits, and ends by itself after ten minutes whatever happens."""


@contextmanager
def _stray(env: Environment, family: str, kind: str) -> Iterator[None]:
    port = env.spec.ports.base + 998
    process = background([sys.executable, "-c", SERVER, family, kind, str(port)])
    protocol = "tcp" if kind == "SOCK_STREAM" else "udp"

    def waits() -> bool:
        return any((o.address.port, o.protocol) == (port, protocol) for o in env.listeners())

    try:
        if not met(waits, 10):
            raise ConnectionError(f"the stray server does not listen on port {port}")
        yield
    finally:
        process.kill()
        process.wait()


def stray_tcp(env: Environment) -> AbstractContextManager[None]:
    """Start a TCP server that anybody can reach."""
    return _stray(env, "AF_INET", "SOCK_STREAM")


def stray_tcp6(env: Environment) -> AbstractContextManager[None]:
    """Start a TCP server that anybody can reach over IPv6."""
    return _stray(env, "AF_INET6", "SOCK_STREAM")


def stray_udp(env: Environment) -> AbstractContextManager[None]:
    """Start a UDP server that anybody can reach."""
    return _stray(env, "AF_INET", "SOCK_DGRAM")


def open_status(env: Environment) -> AbstractContextManager[None]:
    """Let the edge's private status page listen on all addresses too, on the next port."""
    port = env.spec.ports.status
    private = f"listen 127.0.0.1:{port};"
    return env.amended(
        "edge/nginx.conf", lambda text: text.replace(private, f"{private} listen {port + 1};")
    )
