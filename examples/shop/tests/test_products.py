"""Products: anybody looks, the admin adds."""

import pytest
from fastapi.testclient import TestClient

from shop.app import create_app
from shop.settings import Settings

SPOON = {"id": "spoon", "name": "Spoon", "price_cents": 250, "stock": 10}


def test_a_new_shop_sells_a_few_products(client: TestClient) -> None:
    products = client.get("/products").json()["products"]
    assert [product["id"] for product in products] == [
        "beans",
        "filter",
        "grinder",
        "kettle",
        "mug",
    ]
    assert all(product["price_cents"] > 0 for product in products)


def test_a_shop_that_starts_again_sells_what_it_sold(
    client: TestClient, settings: Settings, admin: dict[str, str]
) -> None:
    client.post("/products", json=SPOON, headers=admin)
    with TestClient(create_app(settings)) as again:
        assert len(again.get("/products").json()["products"]) == 6


def test_pages_follow_each_other_until_there_is_no_next(client: TestClient) -> None:
    seen: list[str] = []
    after: dict[str, str] = {}
    for _ in range(3):
        page = client.get("/products", params={"limit": 2, **after}).json()
        seen += [product["id"] for product in page["products"]]
        after = {"after": page["next"]}
    assert seen == ["beans", "filter", "grinder", "kettle", "mug"]
    assert page["next"] is None


def test_the_admin_adds_a_product_which_anybody_sees(
    client: TestClient, admin: dict[str, str]
) -> None:
    added = client.post("/products", json=SPOON, headers=admin)
    assert added.status_code == 201
    assert client.get(added.headers["Location"]).json() == SPOON


def test_a_product_is_added_once(client: TestClient, admin: dict[str, str]) -> None:
    client.post("/products", json=SPOON, headers=admin)
    again = client.post("/products", json={**SPOON, "stock": 99}, headers=admin)
    assert again.status_code == 409
    assert client.get("/products/spoon").json()["stock"] == 10


def test_an_account_may_not_add_products(client: TestClient, account: dict[str, str]) -> None:
    assert client.post("/products", json=SPOON, headers=account).status_code == 403
    assert client.post("/products", json=SPOON).status_code == 401
    assert client.get("/products/spoon").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "Has Spaces"},
        {"id": "x" * 65},
        {"price_cents": 0},
        {"price_cents": 2.5},
        {"price_cents": "250"},
        {"stock": -1},
        {"stock": True},
        {"colour": "red"},
    ],
)
def test_a_product_that_makes_no_sense_is_refused(
    client: TestClient, admin: dict[str, str], wrong: dict[str, object]
) -> None:
    refused = client.post("/products", json=SPOON | wrong, headers=admin)
    assert refused.status_code == 422
    assert refused.json()["error"]["fields"][0]["where"] == f"body.{next(iter(wrong))}"


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "after=A%20B"])
def test_a_page_that_makes_no_sense_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/products?{query}").status_code == 422
