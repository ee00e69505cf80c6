"""The shop behind PgBouncer, where each transaction may have another connection."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from pgbouncer_server import PgBouncer, pgbouncer
from postgres_server import PostgresServer
from shop.database_settings import DatabaseSettings
from shop.settings import Settings


@pytest.fixture
def pooler(postgres: PostgresServer) -> Iterator[PgBouncer]:
    """A PgBouncer before the database."""
    with pgbouncer(postgres) as pooler:
        yield pooler


@pytest.fixture
def settings(settings: Settings, pooler: PgBouncer) -> Settings:
    """Settings that name the pooler, for one that knows no prepared statements."""
    environment = {
        "DATABASE_URL": pooler.url(settings.database.url.database or ""),
        "DATABASE_PREPARED_STATEMENTS": "off",
    }
    return replace(settings, database=DatabaseSettings.read(environment), request_timeout=3.0)


def order(client: TestClient, account: dict[str, str]) -> int:
    """Order a mug; the answer's status."""
    lines = {"lines": [{"product_id": "mug"}]}
    return client.post("/orders", json=lines, headers=account).status_code


def test_orders_at_once_go_through_fewer_connections(
    client: TestClient, account: dict[str, str]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        placed = list(pool.map(lambda _: order(client, account), range(60)))
    assert placed == [201] * 60
    assert client.get("/products/mug").json()["stock"] == 15


def test_while_the_pooler_pauses_requests_wait_and_none_fails(
    client: TestClient, account: dict[str, str], pooler: PgBouncer
) -> None:
    assert order(client, account) == 201
    pooler.tell("PAUSE")
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(order, client, account) for _ in range(8)]
        time.sleep(1)
        assert not any(one.done() for one in waiting)
        pooler.tell("RESUME")
        assert [one.result() for one in waiting] == [201] * 8


def test_a_pause_that_is_too_long_is_answered_and_healed_afterwards(
    client: TestClient, account: dict[str, str], pooler: PgBouncer
) -> None:
    assert order(client, account) == 201
    pooler.tell("PAUSE")
    assert order(client, account) == 504
    pooler.tell("RESUME")
    assert order(client, account) == 201
    assert client.get("/products/mug").json()["stock"] == 73


def test_when_the_server_behind_the_pooler_was_restarted_no_request_fails(
    client: TestClient, account: dict[str, str], postgres: PostgresServer
) -> None:
    assert order(client, account) == 201
    postgres.stop()
    postgres.start()
    assert client.get("/health/ready").status_code == 200
    assert order(client, account) == 201
