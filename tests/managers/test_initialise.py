from base64 import b64decode
from collections.abc import Iterator

import hvac
import pytest
from tests.managers.openbao_server import OpenBao, openbao

from uz.errors import RefusedError
from uz.managers.initialise import SHARES, Fresh, furnish, initialise, revoke
from uz.managers.rights import DEPLOY, OPERATOR
from uz.managers.vault_login import by_approle
from uz.secret import Secret

pytestmark = pytest.mark.live

SECRET_ID = Secret(b"VN7QW43ykLmn8RFs-N3Pvhy1Ye9sRJFDsJrfmvNitA0=")
TAKES_SHARES = "disable_unauthed_generate_root_endpoints"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenBao, Fresh]]:
    """A server that Uz made its own, and what initialising gave; the root token is revoked."""
    with openbao(tmp_path_factory.mktemp("fresh"), initialised=False) as server:
        client = server.client()
        fresh = initialise(client)
        server.root = fresh.root
        furnish(client, fresh, SECRET_ID)
        revoke(client)
        assert client.token is None
        yield server, fresh


def operator(server: OpenBao) -> hvac.Client:
    """Uz itself, logged in."""
    client = server.client(Secret(b"none"))
    by_approle(client, OPERATOR, SECRET_ID)
    return client


def test_there_is_no_root_token_any_more(made: tuple[OpenBao, Fresh]) -> None:
    server, fresh = made
    with pytest.raises(hvac.exceptions.Forbidden):
        server.client(fresh.root).auth.token.lookup_self()
    client = operator(server)
    accessors = client.auth.token.list_accessors()["data"]["keys"]
    policies = [client.auth.token.lookup_accessor(one)["data"]["policies"] for one in accessors]
    assert policies
    assert not any("root" in one for one in policies)


@pytest.fixture
def for_shares(made: tuple[OpenBao, Fresh]) -> Iterator[OpenBao]:
    """The server while it takes recovery shares, which it does not by itself: anybody could ask."""
    server, _ = made
    path = server.folder / "openbao.hcl"
    before = path.read_text()
    path.write_text(
        before.replace('listener "tcp" {', f'listener "tcp" {{\n  {TAKES_SHARES} = false')
    )
    server.stop()
    server.start()
    yield server
    path.write_text(before)
    server.stop()
    server.start()


def test_two_of_three_shares_make_a_new_root_token(
    for_shares: OpenBao, made: tuple[OpenBao, Fresh]
) -> None:
    """The way of the recovery kit when not even the operator gets in any more."""
    _, fresh = made
    assert len(fresh.shares) == SHARES
    client = for_shares.client(Secret(b"none"))
    client.token = None
    status = begun = client.sys.start_root_token_generation()
    for share in fresh.shares[1:]:
        assert not status["complete"]
        status = client.sys.generate_root(share.reveal().decode(), begun["nonce"])
    assert status["complete"]
    padded = status["encoded_token"] + "=" * (-len(status["encoded_token"]) % 4)
    token = bytes(a ^ b for a, b in zip(b64decode(padded), begun["otp"].encode(), strict=True))
    root = for_shares.client(Secret(token))
    assert root.auth.token.lookup_self()["data"]["policies"] == ["root"]
    revoke(root)


def test_without_that_nobody_can_even_begin_to(made: tuple[OpenBao, Fresh]) -> None:
    client = made[0].client(Secret(b"none"))
    client.token = None
    with pytest.raises(hvac.exceptions.VaultError, match="unsupported operation"):
        client.sys.start_root_token_generation()


def test_the_operator_keeps_secrets_and_forgets_them(made: tuple[OpenBao, Fresh]) -> None:
    store = operator(made[0]).secrets.kv.v2
    store.create_or_update_secret("uz/a", {"value": "x"}, mount_point="secret")
    assert store.list_secrets("uz", mount_point="secret")["data"]["keys"] == ["a"]
    store.delete_metadata_and_all_versions("uz/a", mount_point="secret")
    with pytest.raises(hvac.exceptions.InvalidPath):
        store.list_secrets("uz", mount_point="secret")


def test_the_operators_session_ends_by_itself(made: tuple[OpenBao, Fresh]) -> None:
    client = made[0].client(Secret(b"none"))
    answer = client.auth.approle.login(OPERATOR, SECRET_ID.reveal().decode())
    assert answer["auth"]["lease_duration"] == 20 * 60
    assert answer["auth"]["token_policies"] == [OPERATOR]


def test_a_wrong_secret_id_is_refused(made: tuple[OpenBao, Fresh]) -> None:
    client = made[0].client(Secret(b"none"))
    with pytest.raises(RefusedError, match="does not let"):
        by_approle(client, OPERATOR, Secret(b"another"))


def test_the_operator_cannot_switch_the_audit_log_off_or_seal(
    made: tuple[OpenBao, Fresh],
) -> None:
    client = operator(made[0])
    with pytest.raises(hvac.exceptions.Forbidden):
        client.sys.disable_audit_device("file")
    with pytest.raises(hvac.exceptions.Forbidden):
        client.write_data("sys/seal", data=None)
    with pytest.raises(hvac.exceptions.Forbidden):
        client.sys.disable_secrets_engine("secret")


def test_both_policies_are_there(made: tuple[OpenBao, Fresh]) -> None:
    for name in (OPERATOR, DEPLOY):
        assert operator(made[0]).sys.read_acl_policy(name)["data"]["policy"]


def test_it_unseals_itself_after_a_restart(made: tuple[OpenBao, Fresh]) -> None:
    server, _ = made
    server.stop()
    server.start()
    assert server.health() == 200
    assert operator(server).sys.read_acl_policy(OPERATOR)


def test_the_audit_log_has_the_reads_and_no_value(made: tuple[OpenBao, Fresh]) -> None:
    server, _ = made
    store = operator(server).secrets.kv.v2
    store.create_or_update_secret("uz/b", {"value": "very-secret-value"}, mount_point="secret")
    store.read_secret_version("uz/b", mount_point="secret", raise_on_deleted_version=True)
    text = server.audit.read_text()
    assert "secret/data/uz/b" in text
    assert "very-secret-value" not in text
    assert SECRET_ID.reveal().decode() not in text
