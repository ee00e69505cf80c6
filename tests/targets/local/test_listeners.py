import os
import socket
from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_address

import pytest

from uz.environment import Address, Listening
from uz.targets.local.listeners import (
    Owner,
    holder_of,
    listeners,
    listening_ports,
    outside_addresses,
)

OWN = Owner("shop/trial", frozenset())


def opened(family: int, kind: int, host: str) -> socket.socket:
    """A socket that waits on a free port."""
    one = socket.socket(family, kind)
    one.bind((host, 0))
    if kind == socket.SOCK_STREAM:
        one.listen()
    return one


@pytest.fixture
def tcp() -> Iterator[socket.socket]:
    with closing(opened(socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1")) as one:
        yield one


def found(port: int, owner: Owner = OWN) -> list[Listening]:
    """What is seen on a port, when this process belongs to an environment."""
    return [one for one in listeners({os.getpid(): owner}) if one.address.port == port]


@pytest.mark.parametrize(
    ("family", "kind", "host", "loopback"),
    [
        (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1", True),
        (socket.AF_INET, socket.SOCK_STREAM, "0.0.0.0", False),
        (socket.AF_INET, socket.SOCK_DGRAM, "0.0.0.0", False),
        (socket.AF_INET6, socket.SOCK_STREAM, "::1", True),
        (socket.AF_INET6, socket.SOCK_STREAM, "::", False),
        (socket.AF_INET6, socket.SOCK_DGRAM, "::", False),
    ],
)
def test_every_kind_of_listening_socket_is_seen(
    family: int, kind: int, host: str, loopback: bool
) -> None:
    if family == socket.AF_INET6 and not os.path.exists("/proc/net/if_inet6"):  # noqa: PTH110
        pytest.skip("this machine has no IPv6")
    with closing(opened(family, kind, host)) as one:
        (seen,) = found(one.getsockname()[1])
    assert (seen.address.host, seen.pid, seen.loopback) == (host, os.getpid(), loopback)
    assert seen.protocol == ("tcp" if kind == socket.SOCK_STREAM else "udp")
    assert seen.process
    assert seen.environment == "shop/trial"


def test_connections_and_what_does_not_listen_are_not_listeners(tcp: socket.socket) -> None:
    with (
        closing(socket.create_connection(tcp.getsockname())) as client,
        closing(socket.socket()) as bound,
    ):
        bound.bind(("127.0.0.1", 0))
        assert found(client.getsockname()[1]) == []
        assert found(bound.getsockname()[1]) == []


def test_a_socket_that_sends_datagrams_to_one_peer_is_no_listener() -> None:
    with closing(opened(socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1")) as one:
        one.connect(("127.0.0.1", 9))
        assert found(one.getsockname()[1]) == []


def test_a_declared_port_is_one_of_its_owners_and_over_tcp(tcp: socket.socket) -> None:
    port = tcp.getsockname()[1]
    assert not found(port)[0].declared
    assert found(port, Owner("shop/trial", frozenset({port})))[0].declared
    stranger = Owner("shop/trial", frozenset({port}))
    others = [one for one in listeners({1: stranger}) if one.address.port == port]
    assert not others[0].declared


def test_a_declared_port_is_not_declared_for_datagrams() -> None:
    with closing(opened(socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1")) as one:
        port = one.getsockname()[1]
        assert not found(port, Owner("shop/trial", frozenset({port})))[0].declared


def test_the_holder_of_a_port_is_named_with_its_process(tcp: socket.socket) -> None:
    port = tcp.getsockname()[1]
    assert f"(process {os.getpid()})" in holder_of(port)
    assert holder_of(port, frozenset({os.getpid()})) == ""
    tcp.close()
    assert holder_of(port) == ""


def test_the_ports_of_a_process_are_known(tcp: socket.socket) -> None:
    own = frozenset({os.getpid()})
    assert Address("127.0.0.1", tcp.getsockname()[1]) in listening_ports(own)
    assert listening_ports(frozenset()) == ()


def test_outside_addresses_are_addresses_that_others_could_use() -> None:
    for one in map(ip_address, outside_addresses()):
        assert not one.is_loopback
        assert not one.is_link_local
