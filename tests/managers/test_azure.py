"""Azure Key Vault, as a server of the tests plays it by the published contract."""

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tests.managers.key_vault import MOST, TENANT, KeyVault
from tests.managers.key_vault_server import Credential, key_vault, to

from uz.errors import SecretError
from uz.managers import VALUE, WHOLE
from uz.managers.azure import AzureManager, azure
from uz.secret import Secret
from uz.testing.manager_conformance import ManagerConformance

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


@pytest.fixture
def path() -> str:
    """A path that nobody uses."""
    return f"uz/{uuid4().hex[:8]}"


class TestAzure(ManagerConformance):
    """The promises of every manager; its one value has two names."""

    single = True
    version_parameter = ""

    def fields(self, text: str) -> dict[str, Secret]:
        return {name: Secret(text.encode()) for name in (WHOLE, VALUE)}


def revealed(manager: AzureManager, path: str) -> dict[str, bytes]:
    """What is at a path."""
    found = manager.read(path)
    assert found is not None
    return {name: secret.reveal() for name, secret in found.fields.items()}


def test_nothing_is_sent_before_the_vault_has_said_who_gives_the_token(
    manager: AzureManager, vault: KeyVault, credential: Credential
) -> None:
    manager.write("shop/key", KEY)
    sent = [body for _, _, body in vault.requests]
    assert vault.operations() == ["PUT /secrets/shop--key"] * 2
    assert sent[0] == b""
    assert json.loads(sent[1])["value"] == "first value"
    assert credential.scopes == [("https://vault.azure.net/.default",)]
    assert credential.tenants == [TENANT]


def test_one_login_is_enough_for_many_requests(
    manager: AzureManager, vault: KeyVault, credential: Credential
) -> None:
    for number in range(5):
        manager.write(f"shop/key-{number}", KEY)
    assert len(credential.scopes) == 1
    assert len(vault.requests) == 6


def test_an_older_version_is_read_by_its_path(manager: AzureManager, path: str) -> None:
    older = manager.write(path, KEY)
    manager.write(path, {VALUE: Secret(b"second value")})
    assert revealed(manager, f"{path}/{older.version}")[WHOLE] == b"first value"
    assert revealed(manager, path)[WHOLE] == b"second value"
    assert manager.read(f"{path}/{uuid4().hex}") is None


def test_a_version_is_not_written(manager: AzureManager, path: str) -> None:
    with pytest.raises(SecretError, match="a version cannot be written"):
        manager.write(f"{path}/{uuid4().hex}", KEY)


def test_parameters_are_refused(manager: AzureManager) -> None:
    with pytest.raises(SecretError, match="knows no parameter 'version'"):
        manager.read("key", parameters={"version": "1"})


def test_several_fields_are_kept_as_a_json_object(manager: AzureManager, path: str) -> None:
    manager.write(path, {"user": Secret(b"shop"), "password": Secret(b"d'\"\n")})
    found = revealed(manager, path)
    assert (found["user"], found["password"]) == (b"shop", b"d'\"\n")


def test_all_pages_are_listed_and_names_of_others_left_out(manager: AzureManager) -> None:
    wanted = [f"shop/uz/key-{number:02}" for number in range(17)]
    for one in [*wanted, "OtherApp--uz--key", "shop--uz", "shop--uz---x", "zebra"]:
        manager.write(one, KEY)
    assert manager.paths("shop/uz") == tuple(wanted)


def test_what_is_removed_is_purged_as_soon_as_the_vault_is_ready(
    manager: AzureManager, vault: KeyVault, path: str
) -> None:
    vault.settling = 2
    manager.write(path, KEY)
    manager.remove(path)
    assert vault.deleted == {}


def test_where_purging_is_not_allowed_it_stays_deleted(
    manager: AzureManager, vault: KeyVault, path: str
) -> None:
    vault.forbidden.add("purge")
    manager.write(path, KEY)
    manager.remove(path)
    assert manager.read(path) is None
    assert len(vault.deleted) == 1


def test_a_vault_without_soft_delete_has_nothing_to_purge(
    manager: AzureManager, vault: KeyVault, path: str
) -> None:
    vault.soft_delete = False
    manager.write(path, KEY)
    manager.remove(path)
    assert not [one for one in vault.operations() if "deletedsecrets" in one]


def test_what_was_deleted_is_recovered_and_written(
    manager: AzureManager, vault: KeyVault, path: str
) -> None:
    vault.forbidden.add("purge")
    vault.settling = 2
    manager.write(path, KEY)
    manager.remove(path)
    manager.write(path, {VALUE: Secret(b"second value")})
    assert revealed(manager, path)[WHOLE] == b"second value"


def test_a_name_that_stays_taken_is_told(
    vault: KeyVault, credential: Credential, path: str
) -> None:
    manager = to(vault, credential, settles=0.1)
    vault.forbidden.add("purge")
    vault.settling = 10**6
    manager.write(path, KEY)
    manager.remove(path)
    with pytest.raises(SecretError, match="still being removed"):
        manager.write(path, KEY)


def test_a_value_that_is_too_long_is_refused_before_it_is_sent(
    manager: AzureManager, vault: KeyVault, path: str
) -> None:
    with pytest.raises(SecretError, match=f"{MOST + 1} bytes are too many"):
        manager.write(path, {VALUE: Secret(b"x" * (MOST + 1))})
    assert vault.requests == []


def test_a_name_that_azure_cannot_keep_is_refused(manager: AzureManager) -> None:
    for ask in (manager.read, manager.remove, manager.paths):
        with pytest.raises(SecretError, match="shop/my_key: Azure Key Vault cannot keep"):
            ask("shop/my_key")


def test_without_tls_no_login_is_sent(credential: Credential) -> None:
    with pytest.raises(SecretError, match="over TLS only"):
        azure("http://127.0.0.1:8200", credential=credential)


def test_without_azures_libraries_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.keyvault.secrets", None)
    with pytest.raises(SecretError, match="needs Azure's libraries") as refused:
        azure("https://shop.vault.azure.net")
    assert refused.value.hint == "pip install 'uz-ready[azure]'"


def test_no_value_and_no_token_is_logged(
    manager: AzureManager, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        manager.write(path, {VALUE: Secret(b"canary-Zq7")})
        manager.read(path)
    assert "canary-Zq7" not in caplog.text
    assert "good-token" not in caplog.text
