"""Vault as a manager, against a real OpenBao."""

import json
from collections.abc import Iterator

import pytest
from hvac.exceptions import InvalidPath
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.managers.openbao_server import OpenBao

from uz.errors import RefusedError, SecretError
from uz.managers import VALUE, Manager
from uz.managers.vault import OWN, YOURS, VaultManager
from uz.secret import Secret
from uz.testing.manager_conformance import ManagerConformance

pytestmark = pytest.mark.live


@pytest.fixture
def manager(bao: OpenBao) -> VaultManager:
    return VaultManager(bao.client(), OWN)


class TestVaultManager(ManagerConformance):
    @pytest.fixture
    def manager(self, bao: OpenBao) -> Manager:
        return VaultManager(bao.client(), OWN)


def test_its_name_says_what_and_where(manager: VaultManager, bao: OpenBao) -> None:
    assert manager.name == f"OpenBao at {bao.address}"


def test_versions_are_numbers_that_grow(manager: VaultManager, path: str) -> None:
    versions = [manager.write(path, {VALUE: Secret(b"x")}).version for _ in range(3)]
    assert versions == ["1", "2", "3"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        max_size=4,
    )
)
def test_any_text_comes_back_as_it_was_and_nothing_else_does(
    manager: VaultManager, path: str, fields: dict[str, str]
) -> None:
    manager.write(path, {name: Secret(text.encode()) for name, text in fields.items()})
    found = manager.read(path)
    assert found is not None
    assert {name: one.reveal().decode() for name, one in found.fields.items()} == fields


@pytest.mark.parametrize("name", ["with space", "per%cent", "grüße", "a+b", "q?x=1", "#hash", "*"])
def test_a_path_may_hold_what_an_address_may_not(
    manager: VaultManager, path: str, name: str
) -> None:
    manager.write(f"{path}/{name}", {VALUE: Secret(b"value")})
    assert manager.read(f"{path}/{name}") is not None
    assert manager.paths(path) == (f"{path}/{name}",)


@pytest.mark.parametrize("wrong", ["secret", "", "secret/", "secret/../sys", "secret/./a", "a//b"])
def test_a_path_that_leads_elsewhere_is_refused(manager: VaultManager, wrong: str) -> None:
    for ask in (manager.read, manager.remove):
        with pytest.raises(SecretError, match="no path of a secret"):
            ask(wrong)
    with pytest.raises(SecretError, match="no path of a secret"):
        manager.write(wrong, {VALUE: Secret(b"x")})


def test_values_that_others_wrote_as_json_are_read_as_its_text(
    manager: VaultManager, path: str
) -> None:
    mount, _, rest = path.partition("/")
    written = {"port": 5432, "on": True, "none": None, "deep": {"key": ["ü"]}, "text": "plain"}
    manager.client.secrets.kv.v2.create_or_update_secret(rest, written, mount_point=mount)
    found = manager.read(path)
    assert found is not None
    assert {name: one.reveal().decode() for name, one in found.fields.items()} == {
        "port": "5432",
        "on": "true",
        "none": "null",
        "deep": '{"key": ["ü"]}',
        "text": "plain",
    }


@pytest.mark.parametrize("how", ["delete_secret_versions", "destroy_secret_versions"])
def test_a_version_that_somebody_deleted_is_not_there(
    manager: VaultManager, path: str, how: str
) -> None:
    for text in (b"first", b"second"):
        manager.write(path, {VALUE: Secret(text)})
    mount, _, rest = path.partition("/")
    getattr(manager.client.secrets.kv.v2, how)(rest, [2], mount_point=mount)
    assert manager.read(path) is None
    assert manager.read(path, parameters={"version": "2"}) is None
    assert manager.read(path, parameters={"version": "1"}) is not None


def test_a_version_that_never_was_is_not_there(manager: VaultManager, path: str) -> None:
    manager.write(path, {VALUE: Secret(b"first")})
    assert manager.read(path, parameters={"version": "7"}) is None


@pytest.mark.parametrize("version", ["0", "-1", "", "two", "1.5"])
def test_what_is_no_version_is_refused(manager: VaultManager, path: str, version: str) -> None:
    manager.write(path, {VALUE: Secret(b"first")})
    with pytest.raises(SecretError, match="is no version"):
        manager.read(path, parameters={"version": version})


def test_a_zero_byte_is_refused_with_the_name_of_its_field(
    manager: VaultManager, path: str
) -> None:
    with pytest.raises(SecretError, match=r"'certificate' holds a zero byte") as refused:
        manager.write(path, {"certificate": Secret(b"canary\0")})
    assert "canary" not in str(refused.value)
    assert manager.read(path) is None


def test_a_whole_mount_can_be_listed(manager: VaultManager, path: str) -> None:
    manager.write(path, {VALUE: Secret(b"first")})
    assert path in manager.paths("secret")


@pytest.mark.parametrize("size", [2**20, 2**20 + 1, 5 * 2**20, 33 * 2**20])
def test_a_value_that_is_too_large_is_refused_with_its_size(
    manager: VaultManager, path: str, size: int
) -> None:
    with pytest.raises(SecretError) as refused:
        manager.write(path, {VALUE: Secret(b"x" * size)})
    assert type(refused.value) is SecretError
    assert f"{path}: {size + len(json.dumps({VALUE: ''})):,} bytes are too" in str(refused.value)
    assert "33,554,432" in str(refused.value) or "1,048,576" in str(refused.value)
    assert manager.read(path) is None


def test_a_value_just_below_the_limit_is_kept(manager: VaultManager, path: str) -> None:
    value = b"x" * (2**20 - 1000)
    manager.write(path, {VALUE: Secret(value)})
    found = manager.read(path)
    assert found is not None
    assert found.fields[VALUE].reveal() == value


def test_where_no_engine_is_mounted_it_says_so(manager: VaultManager) -> None:
    for ask in (manager.read, manager.remove, manager.paths):
        with pytest.raises(SecretError, match="no engine mounted"):
            ask("nowhere/at/all")
    with pytest.raises(SecretError, match="no engine mounted"):
        manager.write("nowhere/at/all", {VALUE: Secret(b"x")})


@pytest.fixture(scope="module")
def first_version(bao: OpenBao) -> Iterator[str]:
    client = bao.client()
    client.sys.enable_secrets_engine("kv", path="one", options={"version": "1"})
    yield "one"
    client.sys.disable_secrets_engine("one")


def test_an_engine_of_version_1_is_refused_and_keeps_nothing(
    manager: VaultManager, first_version: str
) -> None:
    with pytest.raises(SecretError, match="no KV engine, version 2"):
        manager.write(f"{first_version}/app", {VALUE: Secret(b"x")})
    with pytest.raises(InvalidPath):  # it is empty
        manager.client.secrets.kv.v1.list_secrets("data", mount_point=first_version)


def test_a_reader_without_the_right_is_refused(
    manager: VaultManager, bao: OpenBao, path: str
) -> None:
    manager.write(path, {VALUE: Secret(b"first")})
    token = bao.client().auth.token.create(policies=["none"], ttl="1m")["auth"]["client_token"]
    other = VaultManager(bao.client(Secret(token.encode())), YOURS)
    for ask in (other.read, other.remove, other.paths):
        with pytest.raises(RefusedError, match=r"^Vault at .* does not allow it"):
            ask(path)
    with pytest.raises(RefusedError, match="does not allow it"):
        other.write(path, {VALUE: Secret(b"second")})


def test_a_token_that_was_revoked_is_refused(bao: OpenBao, path: str) -> None:
    token = bao.client().auth.token.create(ttl="1m")["auth"]["client_token"]
    manager = VaultManager(bao.client(Secret(token.encode())), OWN)
    bao.client().auth.token.revoke(token)
    with pytest.raises(RefusedError, match="wrong, has expired or was revoked"):
        manager.read(path)


def test_no_token_at_all_is_refused(bao: OpenBao, path: str) -> None:
    client = bao.client()
    client.token = ""
    with pytest.raises(RefusedError):
        VaultManager(client, OWN).read(path)
