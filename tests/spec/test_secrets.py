from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from uz.errors import SpecError
from uz.spec import Login, ManagerKind, Pipeline, Secrets
from uz.testing import spec

RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
VAULT = {"manager": "vault", "address": "https://vault.example:8200", "role": "shop"}


def test_without_a_word_uz_runs_the_manager() -> None:
    made = spec(secrets={}).secrets
    assert (made.manager, made.embedded) == (ManagerKind.OPENBAO, True)
    assert made.stale_for == timedelta(days=1)
    assert not spec(secrets={"manager": "file"}).secrets.embedded


@pytest.mark.parametrize(
    "table",
    [
        VAULT,
        VAULT | {"login": "jwt", "login_mount": "auth/ci", "prefix": "kv/shop"},
        {"manager": "vault", "address": "http://127.0.0.1:8200", "login": "token"},
        {"manager": "awssecrets"},
        {"manager": "awssecrets", "region": "eu-central-1", "address": "http://127.0.0.1:5000"},
        {"manager": "azurekeyvault", "address": "https://shop.vault.azure.net"},
        {"manager": "file"},
        {"bootstrap": "/etc/shop/bootstrap", "prefix": "secret/own", "stale_for": "0s"},
        {"recovery_recipient": RECIPIENT},
    ],
)
def test_what_fits_together_is_taken(table: dict[str, Any]) -> None:
    assert spec(secrets=table).secrets.manager in ManagerKind


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"manager": "vault", "login": "token"}, "needs an address"),
        ({"manager": "azurekeyvault"}, "needs an address"),
        ({"address": "https://vault.example"}, "has no address.*vault"),
        ({"manager": "file", "address": "https://vault.example"}, "has no address"),
        (VAULT | {"role": ""}, 'login = "approle" needs a role'),
        (VAULT | {"role": "", "login": "jwt"}, 'login = "jwt" needs a role'),
        (VAULT | {"address": "http://vault.example"}, "is not an address"),
        (VAULT | {"address": "https://user:pass@vault.example"}, "is not an address"),
        ({"bootstrap": "keys/bootstrap"}, "an absolute path, outside of the repository"),
        ({"prefix": "kv/own"}, 'begins with "secret/"'),
        ({"prefix": "secret"}, 'begins with "secret/"'),
        ({"prefix": "secret/../x/"}, "is not a path"),
        ({"recovery_recipient": "AGE-SECRET-KEY-1ABC"}, "is not an age recipient"),
        ({"stale_for": "a day"}, "is not a duration"),
        ({"manager": "keepass"}, "should be"),
        ({"token": "s.abc"}, "unknown key"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(table: dict[str, Any], why: str) -> None:
    with pytest.raises(SpecError, match=rf"(?s)uz\.toml:\d+.*{why}"):
        spec(secrets=table)


PIPELINE = {
    "issuer": "https://token.actions.githubusercontent.com",
    "audience": "https://shop.example",
    "claims": {"repository": "example/shop"},
}


def test_a_pipeline_is_told_by_its_claims() -> None:
    made = spec(pipeline=PIPELINE).pipeline
    assert made is not None
    assert made.claims == {"repository": "example/shop"}
    assert made.token_lifetime == timedelta(minutes=10)
    assert spec().pipeline is None


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"claims": {}}, "claims"),
        ({"claims": {"Repository!": "x"}}, "claims"),
        ({"claims": {"repository": ["a", "b"]}}, "claims"),
        ({"issuer": "token.actions.githubusercontent.com"}, "issuer"),
    ],
)
def test_a_pipeline_that_could_be_anybodys_is_refused(change: dict[str, Any], key: str) -> None:
    with pytest.raises(SpecError, match=key):
        spec(pipeline=PIPELINE | change)
    with pytest.raises(ValidationError):
        Pipeline.model_validate({"issuer": PIPELINE["issuer"]})


def test_the_port_of_the_manager_is_taken() -> None:
    with pytest.raises(SpecError, match="20820 is a port that Uz uses"):
        spec(secrets={}, edge={"http_port": 20820})
    assert spec(edge={"http_port": 20820}).ports.secrets == 20820


def test_its_name_is_taken_too() -> None:
    with pytest.raises(SpecError, match="taken by Uz itself"):
        spec(processes={"openbao": {"command": "work"}})


def test_logins_are_those_of_vault() -> None:
    assert {one.value for one in Login} == {"token", "approle", "jwt"}
    assert Secrets().login is Login.APPROLE
