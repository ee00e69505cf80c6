"""The database: all or nothing, never for ever, and back by itself."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from postgres_server import PASSWORD, PostgresServer
from shop.app import create_app
from shop.database import Database
from shop.database_settings import DatabaseSettings
from shop.errors import OutcomeUnknownError, StorageUnavailableError
from shop.settings import Settings

MUGS = text("SELECT stock FROM products WHERE id = 'mug'")
LESS = text("UPDATE products SET stock = stock - 1 WHERE id = 'mug'")
CUT_OFF = text("SELECT pg_terminate_backend(pg_backend_pid())")


async def mugs(session: AsyncSession) -> int:
    """How many mugs there are."""
    return int(await session.scalar(MUGS))


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Products nobody else can change for a while."""
    with psycopg.connect(url) as other:
        other.execute("SELECT * FROM products FOR UPDATE")
        yield


@pytest.fixture
def buyer(client: TestClient, account: dict[str, str]) -> dict[str, str]:
    """The headers of an account with a mug in its cart."""
    client.put("/cart/mug", json={"quantity": 1}, headers=account)
    return account


def test_work_that_fails_changes_nothing(database_settings: DatabaseSettings) -> None:
    async def failing(session: AsyncSession) -> None:
        await session.execute(LESS)
        raise ZeroDivisionError

    async def tried() -> None:
        database = Database(database_settings)
        with pytest.raises(ZeroDivisionError):
            await database.write(failing)
        assert await database.read(mugs) == 75
        await database.close()

    asyncio.run(tried())


def test_what_is_cut_off_before_its_commit_is_done_again_and_once(
    database_settings: DatabaseSettings,
) -> None:
    attempts = 0

    async def cut_off(session: AsyncSession) -> None:
        nonlocal attempts
        attempts += 1
        await session.execute(LESS)
        if attempts == 1:
            await session.execute(CUT_OFF)

    async def tried() -> None:
        database = Database(database_settings)
        await database.write(cut_off)
        assert attempts == 2
        assert await database.read(mugs) == 74
        await database.close()

    asyncio.run(tried())


def test_what_is_cut_off_during_its_commit_is_not_done_again(
    database_settings: DatabaseSettings, postgres: PostgresServer
) -> None:
    attempts = 0

    async def cut_off(session: AsyncSession) -> None:
        nonlocal attempts
        attempts += 1
        await session.execute(LESS)
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
        postgres.administrate(f"SELECT pg_terminate_backend({pid}, 5000)")

    async def tried() -> None:
        database = Database(database_settings)
        with pytest.raises(OutcomeUnknownError):
            await database.write(cut_off)
        assert attempts == 1
        await database.close()

    asyncio.run(tried())


def test_a_full_pool_is_waited_for_so_long(database_settings: DatabaseSettings) -> None:
    async def holding(session: AsyncSession) -> None:
        await session.execute(text("SELECT pg_sleep(0.6)"))

    async def tried() -> None:
        database = Database(replace(database_settings, pool_size=1, pool_timeout=0.2))
        held = asyncio.create_task(database.read(holding))
        await asyncio.sleep(0.1)
        with pytest.raises(StorageUnavailableError):
            await database.read(mugs)
        await held
        assert await database.read(mugs) == 75
        await database.close()

    asyncio.run(tried())


@pytest.mark.parametrize("on", [True, False])
def test_statements_are_prepared_only_where_they_may_be(
    database_settings: DatabaseSettings, on: bool
) -> None:
    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%stock%'")

    async def seen(session: AsyncSession) -> Any:
        for _ in range(9):
            await mugs(session)
        return await session.scalar(prepared)

    async def tried() -> None:
        database = Database(replace(database_settings, prepared_statements=on))
        assert await database.write(seen) == int(on)
        await database.close()

    asyncio.run(tried())


def test_after_a_restart_of_the_database_no_request_fails(
    client: TestClient, buyer: dict[str, str], postgres: PostgresServer
) -> None:
    postgres.stop()
    postgres.start()
    assert client.get("/products").status_code == 200
    postgres.stop()
    postgres.start()
    assert client.post("/orders", headers=buyer).status_code == 201


def test_while_the_database_is_away_an_order_may_be_tried_again_later(
    client: TestClient, buyer: dict[str, str], postgres: PostgresServer
) -> None:
    postgres.stop()
    try:
        refused = client.post("/orders", headers=buyer)
    finally:
        postgres.start()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert client.post("/orders", headers=buyer).status_code == 201
    assert client.get("/products/mug").json()["stock"] == 74


def test_a_request_that_takes_too_long_is_answered_and_undone(
    settings: Settings, database_url: str, account: dict[str, str]
) -> None:
    with TestClient(create_app(replace(settings, request_timeout=0.5))) as client:
        client.put("/cart/mug", json={"quantity": 1}, headers=account)
        with locked(database_url):
            started = time.monotonic()
            late = client.post("/orders", headers=account)
            assert 0.5 <= time.monotonic() - started < 1.5
            assert client.get("/products/mug").status_code == 200
        assert (late.status_code, late.headers["Retry-After"]) == (504, "1")
        assert late.json()["error"]["code"] == "too_slow"
        assert late.headers["X-Release"] == "r1"
        assert client.get("/orders", headers=account).json()["orders"] == []
        assert client.post("/orders", headers=account).status_code == 201


def test_a_database_that_hangs_holds_no_request_longer_than_the_limit(
    settings: Settings, account: dict[str, str], postgres: PostgresServer
) -> None:
    with TestClient(create_app(replace(settings, request_timeout=0.5))) as client:
        client.get("/products")
        with postgres.hanging():
            started = time.monotonic()
            assert client.get("/products").status_code == 504
            assert client.post("/orders", headers=account).status_code == 504
            assert time.monotonic() - started < 2
        assert client.get("/products").status_code == 200


def test_a_statement_that_the_server_stops_is_answered_503(
    client: TestClient, buyer: dict[str, str], postgres: PostgresServer, database_url: str
) -> None:
    name = database_url.rsplit("/", 1)[1]
    postgres.administrate(f"ALTER ROLE app IN DATABASE {name} SET statement_timeout = '300ms'")
    postgres.stop()
    postgres.start()
    with locked(database_url):
        assert client.post("/orders", headers=buyer).status_code == 503
    assert client.post("/orders", headers=buyer).status_code == 201


def test_a_wrong_password_is_not_ready_and_not_logged(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    url = settings.database.url.set(password="hunter2")
    wrong = replace(settings, database=replace(settings.database, url=url))
    with TestClient(create_app(wrong)) as client:
        assert client.get("/health/ready").status_code == 503
        assert client.get("/products").status_code == 503
    assert "password authentication failed" in caplog.text
    assert "hunter2" not in caplog.text
    assert PASSWORD not in caplog.text
