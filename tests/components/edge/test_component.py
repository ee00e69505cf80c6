"""The edge as a whole: golden files, and hostile values that cannot change its structure."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.components.nginx import Directives, structure

from uz.components.edge import edge
from uz.errors import SpecError
from uz.machine import Machine
from uz.spec import Spec
from uz.stack import HttpReady, Owner, Role
from uz.targets.local.certificates import issue
from uz.testing import MACHINE, MemorySecrets, spec

FULL = spec(
    app={"aliases": ["www.shop.example", "xn--bcher-kva.example"], "instances": 3},
    edge={
        "hsts_include_subdomains": True,
        "hsts_preload": True,
        "content_security_policy": "default-src 'self'; img-src data: *",
        "body_limit": "25MiB",
        "trusted_proxies": ["10.0.0.0/8", "2001:db8::/32"],
        "workers": 2,
    },
)
EXTREME = spec(
    "trial",
    app={"aliases": [".".join(["a" * 60] * 4), "shop.example"], "instances": 300},
    edge={
        "content_security_policy": "x" * 3000,
        "connections_per_address": 65535,
        "rate": 1_000_000,
        "burst": 1_000_000,
        "body_limit": "999999999GiB",
        "client_timeout": "999999999d",
    },
)
"""As much as a Spec allows."""
NEWER = {"nginx": replace(MACHINE.programs["nginx"], version=(1, 26, 0))}
IPV4_ONLY = replace(MACHINE, ipv6=False, programs=NEWER)


@pytest.mark.parametrize(
    ("name", "of", "machine"),
    [("plain", spec("trial"), MACHINE), ("full", FULL, IPV4_ONLY)],
)
def test_the_files_are_those_that_were_reviewed(
    name: str, of: Spec, machine: Machine, golden: Callable[[str, str], None]
) -> None:
    for path, text in edge(of, machine).files.items():
        golden(f"{name}/{Path(path).name}", text)


def test_the_edge_is_one_service_that_alone_is_public() -> None:
    (service,) = edge(spec(), MACHINE).services
    assert (service.name, service.role, service.owner) == ("edge", Role.EDGE, Owner.SERVERS)
    assert {one.port: one.public for one in service.listens} == {443: True, 80: True, 20081: False}
    assert service.ready == HttpReady(20081, "/health", "localhost")
    assert service.privileged_ports


def test_it_starts_after_every_instance_and_outlasts_their_last_requests() -> None:
    (service,) = edge(spec(app={"instances": 3, "stop_timeout": "20s"}), MACHINE).services
    assert service.after == ("app-1", "app-2", "app-3")
    assert service.stop_timeout == 25


HOSTILE = st.text(st.sampled_from("ab./-;{}\"'\\\n$#( )é*=:"), max_size=16)
PLACES: dict[str, tuple[str, str, Callable[[str], Any]]] = {
    "app.name": ("app", "name", lambda text: text),
    "app.domain": ("app", "domain", lambda text: text),
    "app.aliases": ("app", "aliases", lambda text: [text]),
    "app.health": ("app", "health", lambda text: text),
    "edge.content_security_policy": ("edge", "content_security_policy", lambda text: text),
    "edge.frame_options": ("edge", "frame_options", lambda text: text),
    "edge.referrer_policy": ("edge", "referrer_policy", lambda text: text),
    "edge.trusted_proxies": ("edge", "trusted_proxies", lambda text: [text]),
    "edge.body_limit": ("edge", "body_limit", lambda text: text),
    "edge.client_timeout": ("edge", "client_timeout", lambda text: text),
}


def shape(files: Mapping[str, str]) -> dict[str, Directives]:
    """What nginx would read in each file."""
    return {path: structure(text) for path, text in files.items()}


ALMOST = st.text(st.sampled_from("ab ;'(),.*=:/-1"), max_size=16)


@settings(max_examples=300)
@given(st.sampled_from(sorted(PLACES)), HOSTILE | ALMOST)
def test_hostile_values_are_refused_or_stay_one_value(place: str, text: str) -> None:
    table, key, value = PLACES[place]
    harmless: dict[str, Any] = {
        "aliases": ["harmless.example"],
        "trusted_proxies": ["10.0.0.0/8"],
        "content_security_policy": "none",
    }
    tables: dict[str, Any] = {table: {key: value(text)}}
    try:
        made = spec(**tables)
    except SpecError:
        return
    tables = {table: {key: harmless[key]}} if key in harmless else {}
    assert shape(edge(made, MACHINE).files) == shape(edge(spec(**tables), MACHINE).files)


@pytest.mark.parametrize(
    "text", ['x"; return 200 "', "a;b", "a}b", 'add_header X "', "a 'b c' {", "# a\n}", "map $a {"]
)
def test_the_reader_of_this_test_sees_what_is_broken(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        structure(text)


def test_the_reader_of_this_test_sees_another_directive() -> None:
    quoted = 'add_header X "a; }" always;'
    assert structure(quoted) == (("add_header", 3, ()),)
    assert structure('add_header X "a"; return 200;') != structure('add_header X "a";')


NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


@pytest.mark.skipif(NGINX is None, reason="nginx is not on this machine")
@pytest.mark.parametrize("of", [spec("trial"), FULL, EXTREME], ids=["plain", "full", "extreme"])
def test_nginx_itself_accepts_the_files(of: Spec, tmp_path: Path) -> None:
    for path, text in edge(of, MACHINE).files.items():
        (tmp_path / "config" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "config" / path).write_text(text)
    for folder in ("active", "run/edge", "logs/edge", "credentials/edge"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "active/releases.conf").write_text('map $upstream_addr $uz_release { default ""; }')
    key, certificate = issue(MemorySecrets(), of.domains, days=90)
    (tmp_path / "credentials/edge/key.pem").write_bytes(key.reveal())
    (tmp_path / "credentials/edge/certificate.pem").write_bytes(certificate.reveal())
    command = [
        str(NGINX),
        "-t",
        "-p",
        f"{tmp_path}/",
        "-e",
        "stderr",
        "-c",
        "config/edge/nginx.conf",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    refused = [line for line in done.stderr.splitlines() if "[emerg]" in line]
    assert [line for line in refused if "Permission denied" not in line] == []
    assert "[warn]" not in done.stderr
