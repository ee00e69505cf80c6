"""Errors of Azure Key Vault: who gets which message."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.managers.key_vault import KeyVault, error
from tests.managers.key_vault_server import Credential, key_vault, to

from uz.errors import RefusedError, SecretError, UnreachableError
from uz.managers import VALUE
from uz.managers.azure import AzureManager, azure
from uz.secret import Secret

pytestmark = pytest.mark.live

KEY = {VALUE: Secret(b"first value")}


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[KeyVault]:
    """A vault with nothing in it."""
    with key_vault(tmp_path) as found:
        yield found


@pytest.fixture
def credential() -> Credential:
    """Who Uz is."""
    return Credential()


@pytest.fixture
def manager(vault: KeyVault, credential: Credential) -> AzureManager:
    """Logged in to the vault."""
    return to(vault, credential)


@pytest.mark.parametrize(
    ("operation", "ask"),
    [
        ("get", lambda manager: manager.read("key")),
        ("set", lambda manager: manager.write("key", KEY)),
        ("list", lambda manager: manager.paths("key")),
        ("delete", lambda manager: manager.remove("key")),
    ],
)
def test_what_no_role_allows_is_refused(
    manager: AzureManager, vault: KeyVault, operation: str, ask: Callable[[AzureManager], object]
) -> None:
    manager.write("key", KEY)
    vault.forbidden.add(operation)
    with pytest.raises(RefusedError, match=r"403/Forbidden/ForbiddenByRbac.*not authorized"):
        ask(manager)


def test_a_disabled_secret_is_named(manager: AzureManager, vault: KeyVault) -> None:
    manager.write("key", KEY)
    vault.secrets["key"][0]["attributes"]["enabled"] = False
    with pytest.raises(SecretError, match="key: is disabled"):
        manager.read("key")


def test_a_token_that_the_vault_does_not_take_is_refused(vault: KeyVault) -> None:
    with pytest.raises(RefusedError, match="not logged in to Azure"):
        to(vault, Credential("wrong-token")).read("key")


def test_who_cannot_get_a_token_is_refused(
    vault: KeyVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azure.identity import EnvironmentCredential

    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    manager = azure(
        vault.address,
        credential=EnvironmentCredential(),
        authority=vault.authority,
        checks_domain=False,
    )
    with pytest.raises(RefusedError, match="not logged in to Azure") as refused:
        manager.read("key")
    assert "AZURE_CLIENT_ID" in refused.value.hint


def test_a_challenge_for_another_domain_gets_no_token(
    vault: KeyVault, credential: Credential
) -> None:
    manager = azure(vault.address, credential=credential, authority=vault.authority)
    with pytest.raises(RefusedError, match="no Azure Key Vault of this address"):
        manager.read("key")
    assert credential.scopes == []


def test_a_gateway_without_a_vault_behind_is_unreachable(
    manager: AzureManager, vault: KeyVault
) -> None:
    manager.write("key", KEY)
    vault.instead = [(*error(503, "ServiceUnavailable", "no"), {"Retry-After": "3600"})]
    with pytest.raises(UnreachableError, match="503/ServiceUnavailable"):
        manager.read("key")


def test_a_refused_request_does_not_repeat_the_value(
    manager: AzureManager, vault: KeyVault
) -> None:
    manager.read("key")
    vault.instead = [(*error(400, "BadParameter", "invalid value canary-Zq7"), {})]
    with pytest.raises(SecretError, match="400/BadParameter") as refused:
        manager.write("key", {VALUE: Secret(b"canary-Zq7")})
    assert "canary-Zq7" not in f"{refused.value}{refused.value.hint}"
    assert refused.value.__suppress_context__


def test_where_nobody_listens_it_is_unreachable(credential: Credential) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with pytest.raises(UnreachableError, match="no answer"):
        azure(f"https://127.0.0.1:{port}", credential=credential).read("key")


def test_who_listens_and_says_nothing_is_unreachable(credential: Credential) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        manager = azure(address, credential=credential, connection_timeout=0.2, read_timeout=0.2)
        with pytest.raises(UnreachableError, match="no answer"):
            manager.read("key")


def test_a_certificate_that_nobody_knows_is_not_trusted(
    vault: KeyVault, credential: Credential
) -> None:
    with pytest.raises(SecretError, match="certificate is not to be trusted") as refused:
        azure(vault.address, credential=credential).read("key")
    assert type(refused.value) is SecretError
    assert vault.requests == []
