"""Live is not ready."""

import signal
import time
from dataclasses import replace

from fastapi.testclient import TestClient

from postgres_server import PostgresServer
from shop.app import create_app
from shop.database import CHECK_SECONDS
from shop.database_settings import DatabaseSettings
from shop.settings import Settings


def test_a_running_shop_is_live_and_ready(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready"}


def test_while_its_database_is_away_a_shop_is_live_but_not_ready(
    client: TestClient, postgres: PostgresServer
) -> None:
    assert client.get("/health/ready").status_code == 200
    postgres.stop(signal.SIGQUIT)
    try:
        assert client.get("/health/live").status_code == 200
        not_ready = client.get("/health/ready")
        assert not_ready.status_code == 503
        assert not_ready.headers["Retry-After"] == "1"
        assert not_ready.json()["error"]["code"] == "storage_unavailable"
    finally:
        postgres.start()
    assert client.get("/health/ready").status_code == 200


def test_while_its_database_hangs_a_shop_says_soon_that_it_is_not_ready(
    client: TestClient, postgres: PostgresServer
) -> None:
    assert client.get("/health/ready").status_code == 200
    with postgres.hanging():
        started = time.monotonic()
        assert client.get("/health/ready").status_code == 503
        assert CHECK_SECONDS <= time.monotonic() - started < CHECK_SECONDS + 1
        assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 200


def test_a_shop_without_tables_is_not_ready(postgres: PostgresServer, settings: Settings) -> None:
    with postgres.database() as empty:
        database = DatabaseSettings.read({"DATABASE_URL": postgres.url(empty)})
        with TestClient(create_app(replace(settings, database=database))) as client:
            assert client.get("/health/ready").status_code == 503
