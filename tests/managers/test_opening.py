"""Which manager a reference leads to, and how the user's own are opened."""

from pathlib import Path
from typing import Any

import pytest
from tests.managers.key_vault_server import Credential, key_vault
from tests.managers.moto_server import REGION, logged_in
from tests.managers.openbao_server import OpenBao

from uz.errors import RefusedError, SecretError
from uz.managers import VALUE, Manager
from uz.managers.aws import AwsManager
from uz.managers.azure import AzureManager, azure
from uz.managers.files import FileManager
from uz.managers.in_vault import InVault
from uz.managers.opening import manager_for, managers_for, opened
from uz.managers.resolve import resolve
from uz.secret import Secret
from uz.spec import Spec
from uz.spec.reference import parse_reference
from uz.testing import MemoryManager, spec

pytestmark = pytest.mark.live

VAULT_ADDRESS = "https://shop-prod.vault.azure.net"


def of(**secrets: Any) -> Spec:
    """A spec with this `[secrets]` table."""
    return spec(secrets=secrets)


def found(text: str, wanted: Spec, own: Manager | None = None) -> Manager:
    """The manager of a reference."""
    return manager_for(parse_reference(text), wanted, own, Path("/project"))


def inside(text: str, wanted: Spec, own: Manager | None = None) -> AzureManager:
    """The vault at Azure that a reference leads to."""
    manager = found(text, wanted, own)
    assert isinstance(manager, InVault)
    assert isinstance(manager.manager, AzureManager)
    return manager.manager


def in_region(text: str, wanted: Spec) -> AwsManager:
    """The manager at AWS that a reference leads to."""
    with logged_in():
        manager = found(text, wanted)
    assert isinstance(manager, AwsManager)
    return manager


def test_a_reference_to_a_vault_leads_to_the_environments_own() -> None:
    own = MemoryManager()
    assert found("ref+vault://secret/a#/b", of(manager="openbao"), own) is own


@pytest.mark.parametrize(
    ("secrets", "own"),
    [
        ({"manager": "file"}, None),
        ({"manager": "openbao"}, None),
        ({"manager": "awssecrets"}, MemoryManager()),
        ({"manager": "azurekeyvault", "address": VAULT_ADDRESS}, MemoryManager()),
    ],
)
def test_without_a_vault_a_reference_to_one_is_refused(
    secrets: dict[str, str], own: Manager | None
) -> None:
    with pytest.raises(SecretError, match=r"ref\+vault://secret/a#/b: this environment has no"):
        found("ref+vault://secret/a#/b", of(**secrets), own)


def test_a_reference_to_a_file_is_read_in_the_project(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"long-enough\n")
    reference = parse_reference("ref+file://key")
    manager = manager_for(reference, of(manager="file"), None, tmp_path)
    assert isinstance(manager, FileManager)
    assert resolve([reference], lambda _: manager)["ref+file://key"] == Secret(b"long-enough\n")


def test_the_region_of_a_reference_goes_before_that_of_the_spec() -> None:
    wanted = of(manager="openbao", region=REGION)
    assert in_region("ref+awssecrets://a?region=us-east-1", wanted).region == "us-east-1"
    assert in_region("ref+awssecrets://a", wanted).region == REGION


def test_another_endpoint_counts_for_the_environments_own_aws_only() -> None:
    address = "http://127.0.0.1:5000"
    own = of(manager="awssecrets", region=REGION, address=address)
    assert in_region("ref+awssecrets://a", own).endpoint == address
    vault = of(manager="vault", region=REGION, address=address, role="shop")
    assert in_region("ref+awssecrets://a", vault).endpoint is None


def test_the_environments_own_aws_is_not_opened_twice() -> None:
    own = MemoryManager()
    wanted = of(manager="awssecrets")
    assert found("ref+awssecrets://a?region=us-east-1", wanted, own) is own


@pytest.mark.parametrize(
    ("vault", "address"),
    [
        ("other", "https://other.vault.azure.net"),
        ("other.vault.azure.cn", "https://other.vault.azure.cn"),
        ("shop-prod", VAULT_ADDRESS),
    ],
)
def test_a_vault_at_azure_is_found_by_its_name(vault: str, address: str) -> None:
    assert inside(f"ref+azurekeyvault://{vault}/key", of(manager="openbao")).address == address


@pytest.mark.parametrize("vault", ["shop-prod", "SHOP-prod", "shop-prod.vault.azure.net"])
def test_the_vault_of_the_spec_is_not_opened_twice(vault: str) -> None:
    own = azure(VAULT_ADDRESS)
    wanted = of(manager="azurekeyvault", address=VAULT_ADDRESS)
    assert inside(f"ref+azurekeyvault://{vault}/key", wanted, own) is own
    assert inside("ref+azurekeyvault://shop-test/key", wanted, own) is not own


@pytest.mark.parametrize(
    "vault", ["evil.example", "user@evil", "a:443", "_", "a.b.vault.azure.net"]
)
def test_what_is_no_name_of_a_vault_is_refused(vault: str) -> None:
    with pytest.raises(SecretError, match="is no name of a vault"):
        found(f"ref+azurekeyvault://{vault}/key", of(manager="openbao"))


def test_what_uz_keeps_in_a_vault_is_found_by_reference(tmp_path: Path) -> None:
    with key_vault(tmp_path) as vault:
        own = azure(
            vault.address, credential=Credential(), authority=vault.authority, checks_domain=False
        )
        own.write("shop/production/stripe-key", {VALUE: Secret(b"sk-first-value")})
        wanted = of(manager="azurekeyvault", address=vault.address)
        text = "ref+azurekeyvault://127/shop/production/stripe-key"
        values = resolve([parse_reference(text)], managers_for(wanted, own, tmp_path))
    assert values[text].reveal() == b"sk-first-value"


def test_each_manager_is_opened_once() -> None:
    with logged_in():
        manager = managers_for(of(manager="openbao", region=REGION), None, Path("/project"))
        texts = (
            "ref+awssecrets://a",
            "ref+awssecrets://b#/c",
            f"ref+awssecrets://c?region={REGION}",
        )
        first, *others = [manager(parse_reference(text)) for text in texts]
        elsewhere = manager(parse_reference("ref+awssecrets://a?region=us-east-1"))
    assert all(one is first for one in others)
    assert elsewhere is not first


def test_the_users_own_aws_is_opened() -> None:
    with logged_in():
        manager = opened(of(manager="awssecrets", region=REGION), None, Path("/project"))
    assert manager.name == f"AWS Secrets Manager {REGION}"


def test_the_users_own_vault_at_azure_is_opened() -> None:
    wanted = of(manager="azurekeyvault", address=VAULT_ADDRESS)
    assert opened(wanted, None, Path("/project")).name == f"Azure Key Vault at {VAULT_ADDRESS}"


def a_vault(bao: OpenBao, **secrets: Any) -> Spec:
    """A spec whose vault is a server of the tests."""
    table = {"manager": "vault", "address": bao.address, "authority": bao.authority.name}
    return of(**table, **secrets)


def test_the_users_own_vault_is_opened_by_a_token(bao: OpenBao, path: str) -> None:
    manager = opened(a_vault(bao, login="token"), bao.root, bao.folder)
    manager.write(path, {VALUE: Secret(b"first-value")})
    kept = manager.read(path)
    assert kept is not None
    assert kept.fields[VALUE] == Secret(b"first-value")
    assert bao.address in manager.name


@pytest.mark.parametrize("mount", ["approle", "teams/shop"])
def test_the_users_own_vault_is_opened_by_an_approle(bao: OpenBao, path: str, mount: str) -> None:
    client = bao.client()
    if mount != "approle":
        client.sys.enable_auth_method("approle", path=mount)
    logins = client.auth.approle
    logins.create_or_update_approle("opening", token_policies=["default"], mount_point=mount)
    role = logins.read_role_id("opening", mount_point=mount)["data"]["role_id"]
    secret_id = logins.generate_secret_id("opening", mount_point=mount)["data"]["secret_id"]
    wanted = a_vault(bao, role=role, login_mount=mount)
    manager = opened(wanted, Secret(secret_id.encode()), bao.folder)
    with pytest.raises(RefusedError):
        manager.read(path)  # logged in, and its policy allows nothing


@pytest.mark.parametrize("login", ["token", "approle", "jwt"])
def test_a_wrong_credential_is_refused(bao: OpenBao, login: str) -> None:
    with pytest.raises(SecretError) as refused:
        opened(a_vault(bao, login=login, role="nobody"), Secret(b"canary-Zq7"), bao.folder)
    assert "canary-Zq7" not in str(refused.value)


def test_without_a_credential_it_says_where_to_keep_one() -> None:
    wanted = of(manager="vault", address="https://127.0.0.1:1", role="shop")
    with pytest.raises(SecretError, match=r"nothing to log in with \(approle\)") as told:
        opened(wanted, None, Path("/project"))
    assert "`bootstrap` in [secrets]" in told.value.hint


def test_what_is_not_the_users_own_is_not_opened_here() -> None:
    with pytest.raises(ValueError, match="openbao is no manager of the user's own"):
        opened(of(manager="openbao"), None, Path("/project"))
