"""The cart of an account."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

Headers = dict[str, str]


def quantities(client: TestClient, account: Headers) -> dict[str, int]:
    """How many of what is in the cart."""
    lines = client.get("/cart", headers=account).json()["lines"]
    return {line["product_id"]: line["quantity"] for line in lines}


def add(client: TestClient, account: Headers, product_id: str, quantity: int) -> int:
    """Put something into the cart; the answer's status."""
    item = {"product_id": product_id, "quantity": quantity}
    return client.post("/cart", json=item, headers=account).status_code


def test_a_new_account_has_an_empty_cart(client: TestClient, account: Headers) -> None:
    cart = client.get("/cart", headers=account)
    assert cart.json() == {"lines": [], "total_cents": 0}


def test_adding_the_same_product_twice_adds_up(client: TestClient, account: Headers) -> None:
    assert add(client, account, "mug", 2) == 200
    assert add(client, account, "mug", 3) == 200
    assert quantities(client, account) == {"mug": 5}


def test_the_total_is_the_sum_of_the_lines_in_cents(client: TestClient, account: Headers) -> None:
    add(client, account, "mug", 2)
    add(client, account, "filter", 1)
    cart = client.get("/cart", headers=account).json()
    assert [line["total_cents"] for line in cart["lines"]] == [490, 3700]
    assert cart["total_cents"] == 4190


def test_setting_a_quantity_replaces_it(client: TestClient, account: Headers) -> None:
    add(client, account, "mug", 5)
    cart = client.put("/cart/mug", json={"quantity": 1}, headers=account).json()
    assert cart["lines"][0]["quantity"] == 1


def test_removing_a_product_leaves_the_others(client: TestClient, account: Headers) -> None:
    add(client, account, "mug", 1)
    add(client, account, "beans", 1)
    removed = client.delete("/cart/mug", headers=account)
    assert (removed.status_code, removed.content) == (204, b"")
    assert quantities(client, account) == {"beans": 1}


def test_what_is_not_in_the_cart_cannot_be_removed(client: TestClient, account: Headers) -> None:
    assert client.delete("/cart/mug", headers=account).status_code == 404


def test_a_product_that_is_not_sold_does_not_get_into_a_cart(
    client: TestClient, account: Headers
) -> None:
    assert add(client, account, "unicorn", 1) == 404
    put = client.put("/cart/unicorn", json={"quantity": 1}, headers=account)
    assert put.status_code == 404
    assert quantities(client, account) == {}


def test_a_cart_never_holds_more_than_99_of_a_product(client: TestClient, account: Headers) -> None:
    assert add(client, account, "mug", 98) == 200
    assert add(client, account, "mug", 2) == 409
    assert quantities(client, account) == {"mug": 98}
    assert add(client, account, "mug", 1) == 200


@pytest.mark.parametrize("quantity", [0, -1, 100, 1.5, "1", True, None])
def test_a_quantity_is_a_whole_number_from_1_to_99(
    client: TestClient, account: Headers, quantity: object
) -> None:
    put = client.put("/cart/mug", json={"quantity": quantity}, headers=account)
    post = client.post("/cart", json={"product_id": "mug", "quantity": quantity}, headers=account)
    assert (put.status_code, post.status_code) == (422, 422)


def test_nobody_sees_the_cart_of_another(
    client: TestClient, open_account: Callable[[], Headers]
) -> None:
    mine, theirs = open_account(), open_account()
    add(client, mine, "mug", 1)
    assert quantities(client, theirs) == {}
    assert client.get("/cart").status_code == 401
