from collections.abc import Iterator
from contextlib import contextmanager

import hvac
import pytest
from tests.checklist.fetching_stand import FetchingStand

from uz.checklist.fetching.credentials import lasting
from uz.checklist.fetching.mirror import MIRROR
from uz.managers.rights import OPERATOR, let_read, one_time

pytestmark = pytest.mark.live


@pytest.fixture
def client(stand: FetchingStand) -> hvac.Client:
    return stand.client


@contextmanager
def token(client: hvac.Client, **settings: object) -> Iterator[None]:
    made = client.auth.token.create_orphan(policies=["default"], **settings)
    try:
        yield
    finally:
        client.auth.token.revoke_accessor(made["auth"]["accessor"])


@contextmanager
def approle(client: hvac.Client, name: str, **settings: object) -> Iterator[None]:
    client.auth.approle.create_or_update_approle(name, token_policies=["default"], **settings)
    try:
        yield
    finally:
        client.auth.approle.delete_role(name)


def test_an_openbao_as_uz_sets_it_up_holds_nothing_that_lasts(client: hvac.Client) -> None:
    let_read(client, "app", ["secret/stripe"])
    one_time(client, "app")
    assert list(lasting(client)) == []


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"ttl": "2h", "explicit_max_ttl": "2h"}, "good for"),
        ({"ttl": "5m"}, "renewed for a month"),
        ({"period": "5m"}, "without an end"),
    ],
    ids=["two hours", "renewable", "periodic"],
)
def test_a_token_that_lasts_is_found(
    client: hvac.Client, settings: dict[str, object], why: str
) -> None:
    with token(client, **settings):
        (found,) = lasting(client)
    assert why in found
    assert list(lasting(client)) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"ttl": "5m", "renewable": False},
        {"ttl": "5m", "explicit_max_ttl": "10m"},
        {"period": "5m", "explicit_max_ttl": "10m"},
    ],
    ids=["not renewable", "with an end", "periodic with an end"],
)
def test_a_token_for_minutes_is_fine(client: hvac.Client, settings: dict[str, object]) -> None:
    with token(client, **settings):
        assert list(lasting(client)) == []


def test_a_secret_id_without_an_end_is_found(client: hvac.Client) -> None:
    with approle(client, "ci", token_ttl="5m", token_max_ttl="5m", secret_id_ttl="0"):
        assert list(lasting(client)) == []
        client.auth.approle.generate_secret_id("ci")
        (found,) = lasting(client)
    assert found == "a secret id of the AppRole ci, good for ever"


def test_a_secret_id_for_a_day_is_found(client: hvac.Client) -> None:
    with approle(client, "ci", token_ttl="5m", token_max_ttl="5m", secret_id_ttl="24h"):
        client.auth.approle.generate_secret_id("ci")
        (found,) = lasting(client)
    assert "86400" in found


def test_a_role_that_asks_for_no_secret_id_is_found(client: hvac.Client) -> None:
    settings = {"bind_secret_id": False, "secret_id_bound_cidrs": None}
    with approle(
        client,
        "ci",
        token_ttl="5m",
        token_max_ttl="5m",
        token_bound_cidrs=["127.0.0.1/32"],
        **settings,
    ):
        assert "the AppRole ci, which asks for no secret id" in list(lasting(client))


def test_a_role_whose_tokens_are_renewed_is_found(client: hvac.Client) -> None:
    with approle(client, "ci", token_period="5m"):
        (found,) = lasting(client)
    assert "renewed" in found
    with approle(client, "ci", token_ttl="5m"):  # the default is a month
        (found,) = lasting(client)
    assert "renewed" in found


def test_a_second_secret_id_of_the_operator_is_found(client: hvac.Client) -> None:
    made = client.auth.approle.generate_secret_id(OPERATOR)
    try:
        (found,) = lasting(client)
    finally:
        client.auth.approle.destroy_secret_id_accessor(OPERATOR, made["data"]["secret_id_accessor"])
    assert found.startswith("2 secret ids of uz-operator")
    assert list(lasting(client)) == []


@pytest.mark.parametrize(("path", "kind"), [("userpass", "userpass"), (MIRROR, "jwt")])
def test_another_way_to_log_in_is_found(client: hvac.Client, path: str, kind: str) -> None:
    client.sys.enable_auth_method(kind, path=path)
    try:
        (found,) = lasting(client)
    finally:
        client.sys.disable_auth_method(path)
    assert f"auth/{path}/" in found
