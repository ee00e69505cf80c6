"""Orders: all or nothing, and never twice."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

Headers = dict[str, str]


def fill(client: TestClient, account: Headers, **quantities: int) -> None:
    """Have these quantities in the cart."""
    for product_id, quantity in quantities.items():
        put = client.put(f"/cart/{product_id}", json={"quantity": quantity}, headers=account)
        assert put.status_code == 200


def stock(client: TestClient, product_id: str) -> int:
    """How many are left."""
    return int(client.get(f"/products/{product_id}").json()["stock"])


def test_an_order_takes_the_cart_and_the_stock(client: TestClient, account: Headers) -> None:
    fill(client, account, mug=2, beans=1)
    placed = client.post("/orders", headers=account)
    assert placed.status_code == 201
    assert placed.json()["total_cents"] == 2 * 1850 + 1490
    assert client.get("/cart", headers=account).json()["lines"] == []
    assert (stock(client, "mug"), stock(client, "beans")) == (73, 119)
    assert client.get(placed.headers["Location"], headers=account).json() == placed.json()


def test_an_order_that_is_more_than_the_stock_changes_nothing(
    client: TestClient, account: Headers, rare: str
) -> None:
    fill(client, account, mug=1, rare=3)
    refused = client.post("/orders", headers=account)
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "out_of_stock"
    assert "2 left" in refused.json()["error"]["message"]
    assert (stock(client, "mug"), stock(client, rare)) == (75, 2)
    assert len(client.get("/cart", headers=account).json()["lines"]) == 2
    assert client.get("/orders", headers=account).json()["orders"] == []


def test_an_empty_cart_cannot_be_ordered(client: TestClient, account: Headers) -> None:
    refused = client.post("/orders", headers=account)
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "cart_empty"


def test_the_same_idempotency_key_orders_once(client: TestClient, account: Headers) -> None:
    keyed = {**account, "Idempotency-Key": "order-1"}
    fill(client, account, mug=1)
    first = client.post("/orders", headers=keyed)
    fill(client, account, mug=5)
    second = client.post("/orders", headers=keyed)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert stock(client, "mug") == 74


def test_a_refused_order_does_not_use_up_its_idempotency_key(
    client: TestClient, account: Headers, rare: str
) -> None:
    keyed = {**account, "Idempotency-Key": "order-1"}
    fill(client, account, rare=3)
    assert client.post("/orders", headers=keyed).status_code == 409
    fill(client, account, rare=2)
    assert client.post("/orders", headers=keyed).status_code == 201
    assert stock(client, rare) == 0


def test_two_accounts_may_choose_the_same_idempotency_key(
    client: TestClient, open_account: Callable[[], Headers]
) -> None:
    for account in (open_account(), open_account()):
        fill(client, account, mug=1)
        placed = client.post("/orders", headers={**account, "Idempotency-Key": "1"})
        assert placed.status_code == 201
    assert stock(client, "mug") == 73


@pytest.mark.parametrize("key", ["", "x" * 129, "with space"])
def test_an_idempotency_key_is_a_short_word(client: TestClient, account: Headers, key: str) -> None:
    refused = client.post("/orders", headers={**account, "Idempotency-Key": key})
    assert refused.status_code == 422


def test_orders_are_listed_newest_first_a_page_at_a_time(
    client: TestClient, account: Headers
) -> None:
    for quantity in (1, 2, 3):
        fill(client, account, beans=quantity, mug=quantity)
        client.post("/orders", headers=account)
    page = client.get("/orders?limit=2", headers=account).json()
    assert [order["lines"][0]["quantity"] for order in page["orders"]] == [3, 2]
    assert [len(order["lines"]) for order in page["orders"]] == [2, 2]
    rest = client.get(f"/orders?before={page['next']}", headers=account).json()
    assert [order["lines"][0]["quantity"] for order in rest["orders"]] == [1]
    assert rest["next"] is None


def test_nobody_sees_the_orders_of_another(
    client: TestClient, open_account: Callable[[], Headers]
) -> None:
    mine, theirs = open_account(), open_account()
    fill(client, mine, mug=1)
    order = client.post("/orders", headers=mine).headers["Location"]
    assert client.get(order, headers=mine).status_code == 200
    assert client.get(order, headers=theirs).status_code == 404
    assert client.get("/orders", headers=theirs).json()["orders"] == []
    assert client.get("/orders").status_code == 401


def test_an_order_past_the_cart_leaves_the_cart_alone(client: TestClient, account: Headers) -> None:
    fill(client, account, beans=1)
    lines = [{"product_id": "mug", "quantity": 2}, {"product_id": "filter"}]
    placed = client.post("/orders", json={"lines": lines}, headers=account)
    assert placed.status_code == 201
    assert placed.json()["total_cents"] == 2 * 1850 + 490
    assert (stock(client, "mug"), stock(client, "filter"), stock(client, "beans")) == (73, 399, 120)
    assert len(client.get("/cart", headers=account).json()["lines"]) == 1


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([], 422),
        ([{"product_id": "mug"}] * 2, 422),
        ([{"product_id": "mug", "quantity": 0}], 422),
        ([{"product_id": "mug", "quantity": 100}], 422),
        ([{"product_id": "mug"}, {"product_id": "unicorn"}], 404),
        ([{"product_id": "mug"}, {"product_id": "grinder", "quantity": 26}], 409),
    ],
)
def test_an_order_that_makes_no_sense_changes_nothing(
    client: TestClient, account: Headers, lines: list[object], status: int
) -> None:
    refused = client.post("/orders", json={"lines": lines}, headers=account)
    assert refused.status_code == status
    assert refused.json()["error"]["message"]
    assert (stock(client, "mug"), stock(client, "grinder")) == (75, 25)
