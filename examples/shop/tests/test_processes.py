"""Two processes, one database."""

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx2
import pytest

from redis_server import RedisServer
from running import RunningShop, running_shops, start
from shop.breaker import PAUSE_SECONDS
from shop.settings import DEVELOPMENT_ADMIN_KEY

ADMIN = {"Authorization": f"Bearer {DEVELOPMENT_ADMIN_KEY}"}
ROUNDS = 8


def open_account(shop: RunningShop) -> dict[str, str]:
    """The headers of a new account."""
    key = httpx2.post(f"{shop.address}/accounts", json={"name": "Ada"}).json()["api_key"]
    return {"Authorization": f"Bearer {key}"}


def order_at_once(shops: list[RunningShop], accounts: list[dict[str, str]]) -> list[int]:
    """Order in every shop at the same moment; the statuses, sorted."""
    barrier = Barrier(len(shops))

    def order(shop: RunningShop, account: dict[str, str]) -> int:
        with httpx2.Client(base_url=shop.address, headers=account) as client:
            client.get("/health/live")  # Connected before the barrier falls.
            barrier.wait(timeout=20)
            return client.post("/orders").status_code

    with ThreadPoolExecutor(len(shops)) as pool:
        return sorted(pool.map(order, shops, accounts))


def test_of_two_processes_that_order_the_last_item_exactly_one_succeeds(database_url: str) -> None:
    with running_shops(database_url, 2) as shops:
        accounts = [open_account(shop) for shop in shops]
        for last in (f"last-{number}" for number in range(ROUNDS)):
            product = {"id": last, "name": "Last", "price_cents": 1, "stock": 1}
            httpx2.post(f"{shops[0].address}/products", json=product, headers=ADMIN)
            for shop, account in zip(shops, accounts, strict=True):
                cart = httpx2.get(f"{shop.address}/cart", headers=account).json()
                for line in cart["lines"]:
                    path = f"{shop.address}/cart/{line['product_id']}"
                    httpx2.delete(path, headers=account)
                item = {"product_id": last}
                httpx2.post(f"{shop.address}/cart", json=item, headers=account)
            assert order_at_once(shops, accounts) == [201, 409]
            assert httpx2.get(f"{shops[1].address}/products/{last}").json()["stock"] == 0


def test_one_cart_ordered_in_two_processes_at_once_is_ordered_once(database_url: str) -> None:
    with running_shops(database_url, 2) as shops:
        account = open_account(shops[0])
        for number in range(ROUNDS):
            item = {"product_id": "mug"}
            httpx2.post(f"{shops[0].address}/cart", json=item, headers=account)
            assert order_at_once(shops, [account, account]) == [201, 409]
            keyed = {**account, "Idempotency-Key": f"key-{number}"}
            httpx2.post(f"{shops[0].address}/cart", json=item, headers=account)
            assert order_at_once(shops, [keyed, keyed]) == [200, 201]
        mug = httpx2.get(f"{shops[1].address}/products/mug").json()
        assert mug["stock"] == 75 - 2 * ROUNDS


def test_processes_that_start_at_once_sell_the_same(database_url: str) -> None:
    with running_shops(database_url, 3) as shops:
        products = [httpx2.get(f"{shop.address}/products").json() for shop in shops]
    assert products[0] == products[1] == products[2]
    assert len(products[0]["products"]) == 5


def test_a_shop_that_is_asked_to_stop_stops_and_every_line_it_wrote_is_json(
    database_url: str,
) -> None:
    with running_shops(database_url, 1) as (shop,):
        proxied = {"X-Forwarded-For": "203.0.113.9"}
        httpx2.get(f"{shop.address}/products?secret=1", headers=proxied)
        lines = shop.stop()
    assert "uvicorn.access" not in {line["logger"] for line in lines}
    requests = [line for line in lines if line["message"] == "request"]
    assert [(line["path"], line["client"]) for line in requests] == [("/products", "203.0.113.9")]
    assert lines[-1]["message"] == f"Finished server process [{shop.process.pid}]"
    assert shop.process.returncode in {0, -signal.SIGTERM}


def test_a_shop_without_its_credentials_says_so_in_one_line(tmp_path: Path) -> None:
    process = start("postgresql://app@localhost/app", CREDENTIALS_DIRECTORY=str(tmp_path))
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "put a file named key-pepper there" in json.loads(output)["message"]


@pytest.mark.parametrize("wrong", ["", "mysql://app:hunter2@127.0.0.1/app"])
def test_a_shop_that_is_not_told_its_database_says_so_in_one_line(wrong: str) -> None:
    process = start(wrong)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "write postgresql://" in json.loads(output.splitlines()[-1])["message"]
    assert "hunter2" not in output
    assert "Traceback" not in output


def test_while_redis_is_killed_and_back_no_request_fails(
    database_url: str, redis_server: RedisServer
) -> None:
    seen: list[str] = []

    def visit(shops: list[RunningShop]) -> None:
        for _ in range(40):  # Few enough for a pipe to hold all that is logged.
            time.sleep(PAUSE_SECONDS / 20)
            for shop in shops:
                answer = httpx2.get(f"{shop.address}/products/mug")
                assert answer.status_code == 200
                seen.append(answer.headers["X-Cache"])

    with (
        running_shops(database_url, 2, REDIS_URL=redis_server.url) as shops,
        ThreadPoolExecutor(1) as pool,
    ):
        visit(shops)
        assert set(seen) == {"hit", "miss"}
        killed = pool.submit(redis_server.kill)
        visit(shops)
        killed.result()
        assert seen[-1] == "off"
        started = pool.submit(redis_server.start)
        visit(shops)
        started.result()
        assert seen[-1] in {"hit", "miss"}
        warnings = [line for shop in shops for line in shop.stop() if line["level"] == "warning"]
    breaks = [line for line in warnings if line["logger"] == "shop.breaker"]
    assert len(breaks) == len(shops)
