from typing import Any

import pytest

from uz.managers.naming import own_prefix, path_for, reference_for
from uz.spec import Spec
from uz.spec.reference import parse_reference
from uz.testing import spec

VAULT = {"manager": "vault", "address": "https://vault.example", "login": "token"}
AZURE = {"manager": "azurekeyvault", "address": "https://shop-keys.vault.azure.net"}
AWS = {"manager": "awssecrets"}


@pytest.mark.parametrize(
    ("table", "prefix", "path", "reference"),
    [
        ({}, "secret/uz", "secret/stripe-key", "ref+vault://secret/stripe-key#/value"),
        (
            VAULT,
            "secret/shop/production/uz",
            "secret/shop/production/stripe-key",
            "ref+vault://secret/shop/production/stripe-key#/value",
        ),
        (
            AWS,
            "shop/production/uz",
            "shop/production/stripe-key",
            "ref+awssecrets://shop/production/stripe-key",
        ),
        (
            AZURE,
            "shop/production/uz",
            "shop/production/stripe-key",
            "ref+azurekeyvault://shop-keys/shop/production/stripe-key",
        ),
    ],
)
def test_each_manager_has_its_own_places(
    table: dict[str, Any], prefix: str, path: str, reference: str
) -> None:
    of = spec(secrets=table)
    assert own_prefix(of) == prefix
    assert path_for(of, "stripe-key") == path
    assert reference_for(of, "stripe-key") == reference
    assert parse_reference(reference).path.endswith(path)


def test_the_users_secrets_and_those_of_uz_never_meet() -> None:
    """A name of the user's has no slash, so that nothing of it lies below `uz`."""
    for table in ({}, VAULT, AWS, AZURE):
        of = spec(secrets=table)
        assert not path_for(of, "stripe-key").startswith(f"{own_prefix(of)}/")


def test_a_prefix_of_the_users_is_taken_and_in_a_shared_manager_parted_by_environment() -> None:
    assert own_prefix(spec(secrets={"prefix": "secret/own"})) == "secret/own"
    assert own_prefix(spec(secrets=VAULT | {"prefix": "kv/own"})) == "kv/own/production"


def of_kind(kind: str, table: dict[str, Any]) -> Spec:
    return spec("trial", kind=kind, secrets=table)


@pytest.mark.parametrize("table", [VAULT, AWS, VAULT | {"prefix": "kv/own"}])
def test_a_rehearsal_never_shares_what_it_makes_up_and_rotates(table: dict[str, Any]) -> None:
    assert own_prefix(of_kind("rehearsal", table)) != own_prefix(spec(secrets=table))


def test_a_rehearsals_own_openbao_is_a_place_of_its_own() -> None:
    assert own_prefix(of_kind("rehearsal", {"prefix": "secret/own"})) == "secret/own"
