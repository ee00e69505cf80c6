"""Logging in by an identity token, which OpenBao takes only where all of it fits."""

import time

import hvac
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.managers.openbao_server import OpenBao

from uz.errors import RefusedError
from uz.managers import VALUE
from uz.managers.vault import OWN, YOURS, VaultManager
from uz.managers.vault_login import by_jwt, connect
from uz.secret import Secret

pytestmark = pytest.mark.live
POLICY = 'path "secret/*" { capabilities = ["create", "read", "update"] }'


@pytest.fixture
def client(bao: OpenBao) -> hvac.Client:
    """Connected, and not logged in."""
    return connect(bao.address, authority=bao.authority)


@pytest.fixture(scope="module")
def issuer(bao: OpenBao) -> ec.EllipticCurvePrivateKey:
    """The key that signs identity tokens for the role `pipeline` at `auth/jwt-test`."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    root = bao.client()
    root.sys.create_or_update_acl_policy("pipeline", POLICY)
    root.sys.enable_auth_method("jwt", path="jwt-test")
    root.auth.jwt.configure(jwt_validation_pubkeys=[public.decode()], path="jwt-test")
    root.auth.jwt.create_role(
        "pipeline",
        role_type="jwt",
        user_claim="sub",
        allowed_redirect_uris=[],
        bound_audiences=["uz"],
        bound_claims={"repository": "shop/shop"},
        token_policies=["pipeline"],
        token_ttl="90s",
        path="jwt-test",
    )
    return key


def identity(key: ec.EllipticCurvePrivateKey, **changed: object) -> Secret:
    now = int(time.time())
    times = {"iat": now, "nbf": now, "exp": now + 300}
    claims = {"sub": "shop", "repository": "shop/shop", "aud": "uz", **times, **changed}
    return Secret(jwt.encode(claims, key, "ES256").encode())


def test_an_identity_token_opens_for_as_long_as_its_role_says(
    client: hvac.Client, issuer: ec.EllipticCurvePrivateKey, path: str
) -> None:
    assert by_jwt(client, "pipeline", identity(issuer), mount="jwt-test") == 90
    manager = VaultManager(client, YOURS)
    manager.write(path, {VALUE: Secret(b"written")})
    assert manager.read(path) is not None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"repository": "other/shop"}, "claim"),
        ({"aud": "other"}, "aud"),
        ({"iat": 1_700_000_000, "nbf": 1_700_000_000, "exp": 1_700_000_300}, "expired"),
    ],
)
def test_an_identity_token_that_does_not_fit_is_refused_and_why(
    client: hvac.Client,
    issuer: ec.EllipticCurvePrivateKey,
    changed: dict[str, object],
    why: str,
) -> None:
    given = identity(issuer, **changed)
    with pytest.raises(RefusedError, match=why) as refused:
        by_jwt(client, "pipeline", given, mount="jwt-test")
    assert "the role 'pipeline' at auth/jwt-test" in str(refused.value)
    assert given.reveal().decode() not in f"{refused.value} {refused.value.hint}"
    assert not client.token


def test_an_identity_token_of_another_issuer_is_refused(
    client: hvac.Client, issuer: ec.EllipticCurvePrivateKey
) -> None:
    given = identity(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(RefusedError, match="signature"):
        by_jwt(client, "pipeline", given, mount="jwt-test")


def test_a_role_that_is_unknown_is_refused(
    client: hvac.Client, issuer: ec.EllipticCurvePrivateKey
) -> None:
    for title, hint in ((OWN, "[pipeline] in uz.toml"), (YOURS, "of auth/jwt-test")):
        with pytest.raises(RefusedError, match="nobody") as refused:
            by_jwt(client, "nobody", identity(issuer), mount="jwt-test", title=title)
        assert hint in refused.value.hint
