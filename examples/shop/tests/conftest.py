"""A shop to test: its own database, known secrets, one account."""

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from migrating import alembic
from postgres_server import PostgresServer, folder_for_servers
from redis_server import RedisServer
from shop.app import create_app
from shop.database_settings import DatabaseSettings
from shop.settings import Settings

ADMIN_KEY = "the-key-of-the-admin"

Headers = dict[str, str]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for all tests; who stops it starts it again."""
    with folder_for_servers() as folder:
        server = PostgresServer(folder)
        try:
            server.create()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def migrated(postgres: PostgresServer) -> Iterator[str]:
    """The name of a database with the tables and the first products, to be copied."""
    with postgres.database() as name:
        assert alembic(postgres.url(name, "migrations"), "upgrade", "head").returncode == 0
        yield name


@pytest.fixture
def database_url(postgres: PostgresServer, migrated: str) -> Iterator[str]:
    """A database of its own for one test."""
    with postgres.database(migrated) as name:
        yield postgres.url(name)


@pytest.fixture
def database_settings(database_url: str) -> DatabaseSettings:
    """Where that database is."""
    return DatabaseSettings.read({"DATABASE_URL": database_url})


@pytest.fixture
def settings(database_settings: DatabaseSettings) -> Settings:
    """Settings as a deployment would give them."""
    return Settings(
        database_settings, release="r1", pepper="a-pepper-for-tests", admin_key=ADMIN_KEY
    )


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis of its own for one test."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A caller of a running shop."""
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture
def open_account(client: TestClient) -> Callable[[], Headers]:
    """Open accounts; each call answers the headers of a new one."""

    def opened() -> Headers:
        key = client.post("/accounts", json={"name": "Ada"}).json()["api_key"]
        return {"Authorization": f"Bearer {key}"}

    return opened


@pytest.fixture
def account(open_account: Callable[[], Headers]) -> Headers:
    """The headers of an account."""
    return open_account()


@pytest.fixture
def admin() -> Headers:
    """The headers of the admin."""
    return {"Authorization": f"Bearer {ADMIN_KEY}"}


@pytest.fixture
def rare(client: TestClient, admin: Headers) -> str:
    """The id of a product of which there are two."""
    product = {"id": "rare", "name": "Rare", "price_cents": 700, "stock": 2}
    assert client.post("/products", json=product, headers=admin).status_code == 201
    return "rare"
