"""Live is not ready."""

import sqlite3
from contextlib import closing

import pytest
from fastapi.testclient import TestClient

from shop.app import create_app
from shop.settings import Settings


def test_a_running_shop_is_live_and_ready(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready"}


def test_a_shop_without_its_storage_is_live_but_not_ready(
    client: TestClient, settings: Settings
) -> None:
    stored = settings.state / "shop.db"
    away = stored.rename(settings.state / "away.db")
    assert client.get("/health/live").status_code == 200
    not_ready = client.get("/health/ready")
    assert not_ready.status_code == 503
    assert not_ready.headers["Retry-After"] == "1"
    assert not_ready.json()["error"]["code"] == "storage_unavailable"

    away.rename(stored)
    assert client.get("/health/ready").status_code == 200


def test_a_shop_whose_storage_is_garbage_is_not_ready(
    client: TestClient, settings: Settings
) -> None:
    for file in settings.state.glob("shop.db*"):
        file.unlink()
    (settings.state / "shop.db").write_bytes(b"not a database" * 1000)
    assert client.get("/health/ready").status_code == 503


def test_a_storage_that_is_locked_too_long_is_answered_503(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.store.connection.PATIENCE_SECONDS", 0.05)
    with (
        TestClient(create_app(settings)) as client,
        closing(sqlite3.connect(settings.state / "shop.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        assert client.post("/accounts", json={"name": "Ada"}).status_code == 503
        assert client.get("/products").status_code == 200
        other.execute("ROLLBACK")
        assert client.post("/accounts", json={"name": "Ada"}).status_code == 201
