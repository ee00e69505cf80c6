"""Waiting as Azure Key Vault asks: short waits are honoured, long ones are told."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.managers.key_vault import KeyVault, error
from tests.managers.key_vault_server import Credential, key_vault, to

from uz.errors import SecretError
from uz.managers import VALUE, WHOLE
from uz.managers.azure import AzureManager
from uz.managers.azure_waiting import BoundedRetries
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


def test_a_short_wait_is_honoured(manager: AzureManager, vault: KeyVault) -> None:
    manager.write("key", KEY)
    vault.instead = [(*error(429, "Throttled", "too many"), {"Retry-After": "1"})]
    before = len(vault.requests)
    found = manager.read("key")
    assert found is not None
    assert found.fields[WHOLE] == KEY[VALUE]
    assert len(vault.requests) == before + 2


def test_a_long_wait_is_told_at_once(manager: AzureManager, vault: KeyVault) -> None:
    manager.write("key", KEY)
    vault.instead = [(*error(429, "Throttled", "too many"), {"Retry-After": "3600"})]
    with pytest.raises(SecretError, match="asks to wait 3600 s") as told:
        manager.read("key")
    assert type(told.value) is SecretError
    assert vault.instead == []


def test_waits_are_bounded_all_together(vault: KeyVault, credential: Credential) -> None:
    wait = (*error(429, "Throttled", "too many"), {"Retry-After": "1"})
    manager = to(vault, credential, retry_policy=BoundedRetries(longest=1.5))
    manager.write("key", KEY)
    vault.instead = [wait] * 10
    with pytest.raises(SecretError, match="asks to wait 1 s"):
        manager.read("key")
    assert len(vault.instead) == 8


def test_without_a_word_of_how_long_it_tries_a_few_times(
    vault: KeyVault, credential: Credential
) -> None:
    manager = to(vault, credential, retry_policy=BoundedRetries(longest=1.0))
    manager.write("key", KEY)
    vault.instead = [(*error(500, "InternalServerError", "no"), {})] * 10
    with pytest.raises(SecretError, match="500/InternalServerError"):
        manager.read("key")
    assert len(vault.instead) == 8
