"""Products out of Redis: quicker perhaps, never wrong for long, never needed."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest
from fastapi.testclient import TestClient

from redis_server import PASSWORD, RedisServer, free_port
from shop.app import create_app
from shop.cache import GENERATION, PATIENCE_SECONDS, SECONDS_KEPT, Cache
from shop.settings import Settings

PATHS = ("/products", "/products?limit=2&after=beans", "/products/mug")


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test wait less for the cache to be tried again."""
    monkeypatch.setattr("shop.breaker.PAUSE_SECONDS", 0.1)


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Settings that name a Redis, if the test has one."""
    if "redis_server" not in request.fixturenames:
        return settings
    return replace(settings, redis_url=request.getfixturevalue("redis_server").url)


class Asked:
    """A cache in an event loop of its own, asked one thing after another."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self._runner = asyncio.Runner()

    def answer(self, name: str, make: Callable[[], Awaitable[bytes]]) -> tuple[bytes, str]:
        """What the cache answers."""
        return self._runner.run(self.cache.answer(name, make))

    def forget(self) -> None:
        """Let the cache forget."""
        self._runner.run(self.cache.forget())

    def close(self) -> None:
        """Close the cache, and the loop."""
        self._runner.run(self.cache.close())
        self._runner.close()


def making(answer: bytes) -> Callable[[], Awaitable[bytes]]:
    """Makes the answer."""

    async def made() -> bytes:
        return answer

    return made


@pytest.fixture
def cache(redis_server: RedisServer) -> Iterator[Asked]:
    """A cache with its Redis."""
    with closing(Asked(Cache(redis_server.url, "r1"))) as cache:
        yield cache


def seen(client: TestClient, path: str) -> str:
    """Where the answer came from."""
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.headers["X-Cache"]


def seen_within_a_moment(client: TestClient, wanted: str) -> bool:
    """Whether answers come from there soon."""
    patience = time.monotonic() + 10
    while (now := seen(client, "/products")) != wanted and time.monotonic() < patience:
        time.sleep(0.02)
    return now == wanted


def order(client: TestClient, account: dict[str, str], product_id: str) -> dict[str, object]:
    """Order one of a product."""
    client.put(f"/cart/{product_id}", json={"quantity": 1}, headers=account)
    placed = client.post("/orders", headers=account)
    assert placed.status_code == 201
    return dict(placed.json())


def test_without_redis_the_cache_is_off(client: TestClient) -> None:
    assert [seen(client, path) for path in PATHS * 2] == ["off"] * 6


@pytest.mark.parametrize("path", PATHS)
def test_the_second_answer_is_kept_and_the_same(
    settings: Settings, redis_server: RedisServer, path: str
) -> None:
    assert settings.redis_url == redis_server.url
    with (
        TestClient(create_app(settings)) as cached,
        TestClient(create_app(replace(settings, redis_url=None))) as uncached,
    ):
        first, second, plain = cached.get(path), cached.get(path), uncached.get(path)
    assert [answer.headers.pop("X-Cache") for answer in (first, second, plain)] == [
        "miss",
        "hit",
        "off",
    ]
    assert first.content == second.content == plain.content
    assert first.headers == second.headers == plain.headers
    assert plain.headers["Content-Type"] == "application/json"


def test_what_is_not_sold_is_not_kept(
    redis_server: RedisServer, client: TestClient, admin: dict[str, str]
) -> None:
    assert client.get("/products/spoon").status_code == 404
    with redis_server.administrator() as redis:
        assert redis.dbsize() == 0
    spoon = {"id": "spoon", "name": "Spoon", "price_cents": 250, "stock": 10}
    assert client.post("/products", json=spoon, headers=admin).status_code == 201
    assert client.get("/products/spoon").json() == spoon


@pytest.mark.usefixtures("redis_server")
def test_an_order_and_a_new_product_are_seen_at_once_by_every_process(
    settings: Settings, client: TestClient, account: dict[str, str], admin: dict[str, str]
) -> None:
    with TestClient(create_app(settings)) as other:
        assert [seen(other, path) for path in PATHS] == ["miss"] * 3
        assert [seen(client, path) for path in PATHS] == ["hit"] * 3
        order(client, account, "mug")
        assert other.get("/products/mug").json()["stock"] == 74
        assert [product["stock"] for product in other.get("/products").json()["products"]][4] == 74
        spoon = {"id": "spoon", "name": "Spoon", "price_cents": 250, "stock": 10}
        client.post("/products", json=spoon, headers=admin)
        assert len(other.get("/products").json()["products"]) == 6


@pytest.mark.usefixtures("redis_server")
def test_an_order_takes_price_and_stock_from_the_database(
    database_url: str, client: TestClient, account: dict[str, str]
) -> None:
    client.get("/products/mug")
    with psycopg.connect(database_url) as behind:
        behind.execute("UPDATE products SET price_cents = 2, stock = 1 WHERE id = 'mug'")
    old = client.get("/products/mug")
    assert (old.headers["X-Cache"], old.json()["price_cents"]) == ("hit", 1850)
    assert order(client, account, "mug")["total_cents"] == 2
    assert client.get("/products/mug").json()["stock"] == 0


def test_what_is_kept_ends_by_itself(redis_server: RedisServer, client: TestClient) -> None:
    client.get("/products")
    with redis_server.administrator() as redis:
        (key,) = redis.keys("*")
        assert 0 < redis.pttl(key) <= SECONDS_KEPT * 1000


def test_what_was_made_while_something_changed_is_not_kept(cache: Asked) -> None:
    async def changed_meanwhile() -> bytes:
        await cache.cache.forget()
        return b"old"

    assert cache.answer("name", changed_meanwhile) == (b"old", "miss")
    assert cache.answer("name", making(b"new")) == (b"new", "miss")
    assert cache.answer("name", making(b"newer")) == (b"new", "hit")


def test_another_release_does_not_get_the_answer_but_forgets_it(
    cache: Asked, redis_server: RedisServer
) -> None:
    with closing(Asked(Cache(redis_server.url, "r2"))) as other:
        cache.answer("name", making(b"one"))
        assert other.answer("name", making(b"two")) == (b"two", "miss")
        other.forget()
        assert cache.answer("name", making(b"three")) == (b"three", "miss")


def test_a_redis_that_is_killed_fails_no_request_and_is_used_again_when_it_is_back(
    redis_server: RedisServer,
    client: TestClient,
    account: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert [seen(client, "/products") for _ in "12"] == ["miss", "hit"]
    redis_server.kill()
    assert [seen(client, path) for path in PATHS * 3] == ["off"] * 9
    order(client, account, "mug")
    assert client.get("/products/mug").json()["stock"] == 74
    assert client.get("/health/ready").status_code == 200
    (line,) = [record for record in caplog.records if record.name == "shop.breaker"]
    assert line.getMessage().startswith("the cache fails, going on without it: ConnectionError")
    assert PASSWORD not in caplog.text

    redis_server.start()
    assert seen_within_a_moment(client, "hit")


def test_a_redis_that_hangs_is_waited_for_once_and_says_nothing_old_afterwards(
    redis_server: RedisServer, client: TestClient, account: dict[str, str]
) -> None:
    assert [seen(client, "/products/mug") for _ in "12"] == ["miss", "hit"]
    redis_server.process.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    assert seen(client, "/products/mug") == "off"
    assert PATIENCE_SECONDS <= time.monotonic() - started < 5 * PATIENCE_SECONDS
    order(client, account, "mug")
    time.sleep(0.2)  # Tried once more, and left alone again.
    assert [client.get("/products/mug").json()["stock"] for _ in range(50)] == [74] * 50
    assert client.get("/health/ready").status_code == 200
    assert time.monotonic() - started < 20 * PATIENCE_SECONDS

    redis_server.process.send_signal(signal.SIGCONT)
    assert seen_within_a_moment(client, "hit")


def test_what_a_redis_that_hung_writes_too_late_does_not_live_longer(
    cache: Asked, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.cache.SECONDS_KEPT", 0.5)

    async def hanging_meanwhile() -> bytes:
        redis_server.process.send_signal(signal.SIGSTOP)
        return b"old"

    assert cache.answer("name", hanging_meanwhile) == (b"old", "miss")
    time.sleep(0.5)
    redis_server.process.send_signal(signal.SIGCONT)
    with redis_server.administrator() as redis:
        assert redis.get("shop:r1:name") is None


@pytest.mark.parametrize("why", ["nobody there", "wrong password", "no right", "full"])
def test_a_redis_that_refuses_is_done_without(
    settings: Settings, redis_server: RedisServer, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    url, expected = redis_server.url, "off"
    match why:
        case "nobody there":
            url = f"redis://app:{PASSWORD}@127.0.0.1:{free_port()}/0"
        case "wrong password":
            url = url.replace(PASSWORD, "hunter2-hunter2")
        case "no right":
            with redis_server.administrator() as redis:
                redis.execute_command("ACL", "SETUSER", "app", "-mget")
        case "full":
            expected = "miss"
            with redis_server.administrator() as redis:
                redis.config_set("maxmemory", "1")
    with TestClient(create_app(replace(settings, redis_url=url))) as client:
        assert seen(client, "/products") == expected
        assert seen(client, "/products") == "off"
        assert client.get("/health/ready").status_code == 200
    assert "the cache fails, going on without it" in caplog.text
    assert PASSWORD not in caplog.text
    assert "hunter2" not in caplog.text


def test_what_somebody_else_wrote_there_is_not_answered(
    cache: Asked, redis_server: RedisServer
) -> None:
    cache.forget()
    with redis_server.administrator() as redis:
        for garbage in (b"garbage", b"", b"\nanswer"):
            redis.set("shop:r1:name", garbage)
            assert cache.answer("name", making(b"right")) == (b"right", "miss")
        redis.delete("shop:r1:name", GENERATION)
        redis.rpush("shop:r1:name", "a list")
        assert cache.answer("name", making(b"right")) == (b"right", "miss")
