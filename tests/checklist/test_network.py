from dataclasses import replace

import pytest
from tests.checklist.edges import Edges

from uz.checklist import network
from uz.checklist.network import (
    NetworkClosed,
    listeners,
    open_status,
    stray_tcp,
    stray_tcp6,
    stray_udp,
)
from uz.environment import Address, Listening
from uz.testing import FakeEnvironment, spec
from uz.verdict import State

SSH = Listening("tcp", Address("0.0.0.0", 22), 7, "sshd")


def environment(*strangers: Listening, **allowed: object) -> FakeEnvironment:
    """A stack that runs, and what else listens on its host."""
    fake = FakeEnvironment(spec("trial", network=allowed))
    fake.strangers = strangers
    return fake


def test_only_what_is_allowed_is_proven_with_its_figures() -> None:
    verdict = listeners(environment(SSH))
    assert verdict.state is State.PROVEN
    assert (verdict.figures["public"], verdict.figures["strangers"]) == (3, 0)
    assert "0.0.0.0:22/tcp sshd (process 7)" in str(verdict.figures["public_ones"])


@pytest.mark.parametrize(
    "stranger",
    [
        Listening("tcp", Address("0.0.0.0", 6379), 42, "redis-server"),
        Listening("tcp", Address("::", 9090), 42, "prometheus"),
        Listening("udp", Address("192.0.2.7", 53), 42, "dnsmasq"),
        Listening("tcp", Address("::ffff:192.0.2.7", 5432), None, "a process of another user"),
    ],
)
def test_a_stranger_is_refuted_and_named(stranger: Listening) -> None:
    verdict = listeners(environment(SSH, stranger))
    assert verdict.state is State.REFUTED
    assert str(stranger.address) in verdict.reason
    assert stranger.process in verdict.reason


@pytest.mark.parametrize(
    "lookalike",
    [
        replace(SSH, protocol="udp"),
        Listening("udp", Address("0.0.0.0", 23443), 42, "quic"),
        Listening("tcp", Address("0.0.0.0", 23443), 42, "another server on the edge's port"),
        Listening("tcp", Address("0.0.0.0", 23443), 42, "other", environment="blog/live"),
    ],
)
def test_what_only_looks_allowed_is_a_stranger(lookalike: Listening) -> None:
    assert listeners(environment(lookalike)).state is State.REFUTED


def test_loopback_is_nobodys_business() -> None:
    private = Listening("tcp", Address("127.0.0.1", 6379), 42, "redis-server")
    assert listeners(environment(private)).state is State.PROVEN


def test_what_uz_toml_allows_is_no_stranger_and_a_missing_reason_is_one() -> None:
    vpn = Listening("udp", Address("0.0.0.0", 51820), None, "wireguard")
    assert listeners(environment(vpn, allow={"51820/udp": "VPN"})).state is State.PROVEN
    assert listeners(environment(SSH, allow={})).state is State.REFUTED


def test_without_the_edges_own_ports_the_list_decides_nothing() -> None:
    empty = environment()
    empty.running = dict.fromkeys(empty.running, False)
    assert empty.listeners() == ()
    assert listeners(empty).state is State.UNKNOWN


def test_many_processes_on_one_socket_are_named_once() -> None:
    stranger = Listening("tcp", Address("0.0.0.0", 6379), 42, "redis-server")
    assert listeners(environment(stranger, stranger)).reason.count("redis-server") == 1


@pytest.mark.parametrize("sabotage", [stray_tcp, stray_tcp6, stray_udp])
def test_a_stray_server_is_noticed_and_gone_afterwards(edge: Edges, sabotage: object) -> None:
    env = edge()
    assert listeners(env).state is State.PROVEN
    with sabotage(env):  # type: ignore[operator]
        verdict = listeners(env)
        assert verdict.state is State.REFUTED
        assert str(env.spec.ports.base + 998) in verdict.reason
    assert listeners(env).state is State.PROVEN


def test_a_stray_server_that_cannot_listen_is_an_error(
    edge: Edges, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "met", lambda _holds, _within: False)
    with pytest.raises(ConnectionError, match="does not listen"), stray_tcp(edge()):
        pytest.fail("nobody listens")


def test_an_open_status_page_is_another_listener_of_nginx() -> None:
    fake = environment()
    with open_status(fake):
        assert "listen 127.0.0.1:23081; listen 23082;" in fake.files["edge/nginx.conf"]


def test_the_item_is_about_all_that_runs_and_what_is_allowed() -> None:
    assert "[network]" in NetworkClosed().inputs
