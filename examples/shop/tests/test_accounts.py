"""Accounts: a key shown once, a hash kept."""

import psycopg
import pytest
from fastapi.testclient import TestClient

from shop.keys import Keys


def test_an_account_is_known_by_the_key_it_was_given(client: TestClient) -> None:
    opened = client.post("/accounts", json={"name": "  Ada  "})
    assert opened.status_code == 201
    key = opened.json()["api_key"]

    mine = client.get("/accounts/me", headers={"Authorization": f"Bearer {key}"})

    assert mine.json() == {"id": opened.json()["id"], "name": "Ada"}


def test_two_accounts_of_one_name_have_different_keys(client: TestClient) -> None:
    first, second = (client.post("/accounts", json={"name": "Ada"}).json() for _ in "12")
    assert first["api_key"] != second["api_key"]
    assert first["id"] != second["id"]


def test_the_key_itself_is_not_in_the_database(client: TestClient, database_url: str) -> None:
    key = client.post("/accounts", json={"name": "Ada"}).json()["api_key"]
    with psycopg.connect(database_url) as connection:
        ((stored,),) = connection.execute("SELECT accounts::text FROM accounts").fetchall()
    assert "Ada" in stored
    assert key not in stored


def test_another_pepper_makes_another_hash() -> None:
    assert Keys("pepper one", "admin").hash("key") != Keys("pepper two", "admin").hash("key")


@pytest.mark.parametrize("header", ["Bearer shop_wrong", "Basic QTpC", "Bearer", "nonsense"])
def test_a_key_nobody_was_given_is_refused_with_a_challenge(
    client: TestClient, header: str
) -> None:
    refused = client.get("/accounts/me", headers={"Authorization": header})
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert refused.json()["error"]["code"] == "key_missing"


def test_the_admins_key_is_not_an_account(client: TestClient, admin: dict[str, str]) -> None:
    assert client.get("/accounts/me", headers=admin).status_code == 401


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b", "a\nb", 7, None])
def test_a_name_must_be_a_short_line_of_text(client: TestClient, name: object) -> None:
    refused = client.post("/accounts", json={"name": name})
    assert refused.status_code == 422
    assert refused.json()["error"]["fields"][0]["where"] == "body.name"
