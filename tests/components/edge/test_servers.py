from dataclasses import replace

import pytest
from tests.components.nginx import structure

from uz.components.edge.servers import servers
from uz.testing import MACHINE, spec


def nginx(*version: int) -> str:
    """The server blocks for this version of nginx."""
    programs = {"nginx": replace(MACHINE.programs["nginx"], version=version)}
    return servers(spec("trial"), replace(MACHINE, programs=programs))


@pytest.mark.parametrize(
    ("version", "directive"), [((1, 22, 1), False), ((1, 25, 0), False), ((1, 25, 1), True)]
)
def test_http_2_is_asked_for_as_each_version_wants_it(
    version: tuple[int, ...], directive: bool
) -> None:
    text = nginx(*version)
    assert ("http2 on;" in text) is directive
    assert ("ssl http2" in text) is not directive


def test_there_are_four_servers_and_the_http_block_is_closed() -> None:
    (block,) = structure("http {" + servers(spec(), MACHINE))
    assert [name for name, _, _ in block[2]] == ["server"] * 4


def test_without_ipv6_nothing_listens_there() -> None:
    assert "[::]:443" in servers(spec(), MACHINE)
    assert "[::]" not in servers(spec(), replace(MACHINE, ipv6=False))


def test_all_names_are_served_and_plain_http_leads_to_the_same_place() -> None:
    text = servers(spec("trial", app={"aliases": ["www.shop.example"]}), MACHINE)
    assert text.count("server_name shop.example www.shop.example;") == 2
    assert "return 301 https://$host:23443$request_uri;" in text
    assert "return 301 https://$host$request_uri;" in servers(spec(), MACHINE)


def test_a_stranger_gets_no_certificate() -> None:
    assert "ssl_reject_handshake on;" in servers(spec(), MACHINE)


def test_the_status_page_is_for_this_machine_only() -> None:
    text = servers(spec(), MACHINE)
    assert "listen 127.0.0.1:20081;" in text
    assert "stub_status" not in text.split("server_name localhost;")[0]
