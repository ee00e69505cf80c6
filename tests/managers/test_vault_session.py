"""Requests go to the server that was named, and carry nothing of the environment's."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.managers.loopback import context
from tests.managers.openbao_server import OpenBao
from tests.servers import Reply, serving

from uz.errors import SecretError
from uz.managers.vault import YOURS, VaultManager
from uz.managers.vault_login import by_token
from uz.managers.vault_session import connect, session_to

pytestmark = pytest.mark.live
KEPT = json.dumps(
    {
        "data": {
            "data": {"key": "v"},
            "metadata": {"version": 1, "created_time": "2026-01-01T00:00Z"},
        }
    }
).encode()
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[int, list[str]]]:
    """Another server, and what it was asked."""
    asked: list[str] = []

    def answer(method: str, host: str, path: str) -> Reply:
        asked.append(path)
        return Reply(200, JSON, KEPT)

    with serving(answer) as port:
        yield port, asked


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_redirect_to_another_server_is_not_followed(
    tmp_path: Path, elsewhere: tuple[int, list[str]], status: int, scheme: str
) -> None:
    port_there, asked = elsewhere
    tls, authority = context(tmp_path, "127.0.0.1")
    there = f"{scheme}://127.0.0.1:{port_there}/v1/secret/data/app"
    with serving(lambda *_: Reply(status, {"Location": there}), tls) as port:
        client = connect(f"https://127.0.0.1:{port}", authority=authority)
        client.token = "canary"
        with pytest.raises(SecretError, match="not followed") as refused:
            VaultManager(client, YOURS).read("secret/app")
    assert asked == []
    assert "canary" not in str(refused.value)


def test_a_redirect_on_the_same_server_is_followed(tmp_path: Path) -> None:
    tls, authority = context(tmp_path, "127.0.0.1")

    def answer(method: str, host: str, path: str) -> Reply:
        if path.startswith("/v1/"):
            return Reply(307, {"Location": f"/moved{path}"})
        return Reply(200, JSON, KEPT)

    with serving(answer, tls) as port:
        client = connect(f"https://127.0.0.1:{port}", authority=authority)
        found = VaultManager(client, YOURS).read("secret/app")
    assert found is not None
    assert found.version == "1"


def test_a_server_that_redirects_for_ever_is_an_error(tmp_path: Path) -> None:
    tls, authority = context(tmp_path, "127.0.0.1")
    with serving(lambda *_: Reply(307, {"Location": "/again"}), tls) as port:
        client = connect(f"https://127.0.0.1:{port}", authority=authority)
        with pytest.raises(SecretError, match="TooManyRedirects"):
            VaultManager(client, YOURS).read("secret/app")


@pytest.mark.parametrize(
    "address",
    ["https://127.0.0.1:1", "https://[::1]:1", "https://localhost", "https://a.localhost"],
)
def test_this_machine_is_reached_without_a_proxy(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("all_proxy", "http://proxy.example:3128")
    assert session_to(address).proxies == {}


def test_other_machines_are_reached_as_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "near.example")
    assert session_to("https://far.example").proxies["https"] == "http://proxy.example:3128"
    assert session_to("https://near.example").proxies == {}


def test_a_manager_of_another_namespace_is_asked_there(bao: OpenBao) -> None:
    root = bao.client()
    root.adapter.post("/v1/sys/namespaces/team")
    assert bao.root is not None
    client = connect(bao.address, authority=bao.authority, namespace="team")
    by_token(client, bao.root)
    assert "secret/" in root.sys.list_mounted_secrets_engines()["data"]
    assert "secret/" not in client.sys.list_mounted_secrets_engines()["data"]


def test_what_the_environment_says_for_other_tools_counts_for_nothing(
    bao: OpenBao, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".vault-token").write_text("canary")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("TOKEN", "ADDR", "NAMESPACE", "CACERT", "CLIENT_CERT", "CLIENT_KEY"):
        monkeypatch.setenv(f"VAULT_{name}", "/nonexistent/canary")
    for name in ("VAULT_CLIENT_CERT", "VAULT_CLIENT_KEY", "VAULT_CACERT", "VAULT_CAPATH"):
        monkeypatch.setattr(f"hvac.v1.{name}", "/nonexistent/canary")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent/canary")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    client = connect(bao.address, authority=bao.authority)
    assert not client.token
    assert client.url == bao.address
    assert client.sys.read_health_status(method="GET")["initialized"]


@pytest.mark.parametrize("content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_ca_that_is_no_certificate_is_refused(tmp_path: Path, content: bytes) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_bytes(content)
    with pytest.raises(SecretError, match="holds no certificate"):
        connect("https://127.0.0.1:1", authority=authority)


def test_a_ca_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="No such file"):
        connect("https://127.0.0.1:1", authority=tmp_path / "ca.pem")
