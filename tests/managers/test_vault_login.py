"""Logging in to a real OpenBao over TLS, with what is right and what is not."""

from collections.abc import Callable
from pathlib import Path

import hvac
import pytest
from tests.managers.openbao_server import OpenBao, openbao

from uz.errors import RefusedError, SecretError, UnreachableError
from uz.managers import VALUE
from uz.managers.vault import OWN, YOURS, VaultManager
from uz.managers.vault_login import by_approle, by_jwt, by_token, connect
from uz.secret import Secret
from uz.waiting import met

pytestmark = pytest.mark.live
POLICY = 'path "secret/*" { capabilities = ["create", "read", "update"] }'
CANARY = Secret(b"canary-Zq7-credential")


@pytest.fixture
def client(bao: OpenBao) -> hvac.Client:
    """Connected, and not logged in."""
    return connect(bao.address, authority=bao.authority)


@pytest.fixture(scope="module")
def role(bao: OpenBao) -> str:
    """The id of an AppRole that may use `secret/`."""
    root = bao.client()
    root.sys.create_or_update_acl_policy("user", POLICY)
    root.auth.approle.create_or_update_approle(
        "user", token_policies=["user"], token_no_default_policy=True, token_ttl="5m"
    )
    return str(root.auth.approle.read_role_id("user")["data"]["role_id"])


def secret_id(bao: OpenBao, **settings: object) -> Secret:
    answer = bao.client().adapter.post("/v1/auth/approle/role/user/secret-id", json=settings)
    return Secret(answer["data"]["secret_id"].encode())


def token(bao: OpenBao, **settings: object) -> Secret:
    return Secret(bao.client().auth.token.create(**settings)["auth"]["client_token"].encode())


def works(client: hvac.Client, path: str) -> bool:
    manager = VaultManager(client, YOURS)
    manager.write(path, {VALUE: Secret(b"written")})
    return manager.read(path) is not None


def test_a_token_is_checked_and_says_how_long_it_is_good(
    client: hvac.Client, bao: OpenBao, path: str
) -> None:
    left = by_token(client, token(bao, policies=["root"], ttl="10m"))
    assert left is not None
    assert 500 < left <= 600
    assert works(client, path)


def test_a_token_without_an_end_has_none(client: hvac.Client, bao: OpenBao) -> None:
    assert bao.root is not None
    assert by_token(client, bao.root) is None


def test_a_line_end_of_the_file_it_was_in_is_not_of_the_token(
    client: hvac.Client, bao: OpenBao, path: str
) -> None:
    assert bao.root is not None
    by_token(client, Secret(b" " + bao.root.reveal() + b"\r\n"))
    assert works(client, path)


def test_a_token_that_may_not_look_at_itself_is_taken(
    client: hvac.Client, bao: OpenBao, role: str, path: str
) -> None:
    given = token(bao, policies=["user"], no_default_policy=True, ttl="5m")
    assert by_token(client, given) is None
    assert works(client, path)


def test_a_wrong_token_is_refused(client: hvac.Client) -> None:
    with pytest.raises(RefusedError, match="wrong, has expired or was revoked") as refused:
        by_token(client, CANARY)
    assert refused.value.hint
    assert "canary" not in f"{refused.value} {refused.value.hint}"


def test_an_expired_token_is_refused(client: hvac.Client, bao: OpenBao) -> None:
    given = token(bao, ttl="1s", explicit_max_ttl="1s")
    lookup = {"token": given.reveal().decode()}

    def expired() -> bool:
        try:
            bao.client().adapter.post("/v1/auth/token/lookup", json=lookup)
        except hvac.exceptions.VaultError:
            return True
        return False

    assert met(expired, 60)
    with pytest.raises(RefusedError, match="has expired"):
        by_token(client, given)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"canary word", "holds characters that none has"),
        (b"canary\nword", "holds characters that none has"),
        (b"canary\0", "holds characters that none has"),
        (b"canary\xff", "holds characters that none has"),
        ("canary-ü".encode(), "holds characters that none has"),
    ],
)
def test_what_cannot_be_a_credential_is_refused_and_not_sent(
    client: hvac.Client, value: bytes, why: str
) -> None:
    logins: list[Callable[[Secret], object]] = [
        lambda given: by_token(client, given),
        lambda given: by_approle(client, "role", given),
        lambda given: by_jwt(client, "role", given),
    ]
    for login in logins:
        with pytest.raises(RefusedError, match=why) as refused:
            login(Secret(value))
        assert "canary" not in str(refused.value)


def test_an_approle_gets_a_token_that_it_uses(
    client: hvac.Client, bao: OpenBao, role: str, path: str
) -> None:
    assert by_approle(client, role, secret_id(bao)) == 300
    assert works(client, path)


def test_a_wrong_role_or_secret_id_is_refused(client: hvac.Client, bao: OpenBao, role: str) -> None:
    for name, given in ((role, CANARY), ("no-such-role", secret_id(bao))):
        with pytest.raises(RefusedError, match="does not let the AppRole at auth/approle in") as no:
            by_approle(client, name, given)
        assert "canary" not in f"{no.value} {no.value.hint}"
        assert not client.token


def test_a_bootstrap_credential_that_does_not_fit_is_told_as_that(client: hvac.Client) -> None:
    with pytest.raises(RefusedError, match="^OpenBao at ") as refused:
        by_approle(client, "uz-operator", CANARY, title=OWN)
    assert "uz secrets recover" in refused.value.hint


def test_a_secret_id_that_is_used_up_is_refused(
    client: hvac.Client, bao: OpenBao, role: str
) -> None:
    given = secret_id(bao, num_uses=1)
    by_approle(client, role, given)
    with pytest.raises(RefusedError, match="invalid role or secret ID"):
        by_approle(client, role, given)


def test_a_login_where_none_is_mounted_is_refused(client: hvac.Client) -> None:
    with pytest.raises(RefusedError, match="auth/elsewhere in: .* no such login"):
        by_approle(client, "role", CANARY, mount="elsewhere")


def test_a_sealed_server_lets_nobody_in_and_says_why(tmp_path: Path) -> None:
    with openbao(tmp_path, initialised=False) as server:
        client = server.client()
        logins: list[Callable[[], object]] = [
            lambda: by_token(client, CANARY),
            lambda: by_approle(client, "role", CANARY),
            lambda: by_jwt(client, "role", CANARY),
        ]
        for login in logins:
            with pytest.raises(SecretError, match="is sealed") as sealed:
                login()
            assert type(sealed.value) is SecretError
        server.stop()
        with pytest.raises(UnreachableError):
            by_approle(client, "role", CANARY)


def test_a_login_that_gives_no_token_is_refused(
    client: hvac.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(client.auth.approle), "login", lambda *_, **__: {"auth": None})
    with pytest.raises(RefusedError, match="gave no token"):
        by_approle(client, "role", CANARY)
