"""Answers that are kept for a few seconds in Redis, which several processes share.

Nothing depends on it: without Redis, or while it fails, every answer is made anew.
"""

import secrets
import time
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from shop.breaker import Breaker

SECONDS_KEPT = 5
PATIENCE_SECONDS = 0.2
GENERATION = "shop:generation"


class Cache:
    """Keeps answers.

    An answer is kept with the generation that was read before it was made, and counts
    only while that is the current one. So nothing is old after `forget`, not even what
    somebody was making meanwhile.
    """

    def __init__(self, url: str | None, release: str) -> None:
        # Another release may answer in another form; they share the generation, though.
        self._prefix = f"shop:{release}:"
        self._breaker = Breaker("the cache")
        self._redis = _client(url) if url else None

    async def answer(self, name: str, make: Callable[[], Awaitable[bytes]]) -> tuple[bytes, str]:
        """The answer of this name, kept or made; and `hit`, `miss` or `off`."""
        redis, key = self._redis, self._prefix + name
        found = await self._breaker.ask(lambda: redis.mget(GENERATION, key)) if redis else None
        if not redis or not found:
            return await make(), "off"
        generation, kept = found
        mark = (generation if isinstance(generation, bytes) else b"") + b"\n"
        if isinstance(kept, bytes) and kept.startswith(mark):
            return kept.removeprefix(mark), "hit"
        # A moment, not a duration: a Redis that hung may carry this out much later.
        until = int((time.time() + SECONDS_KEPT) * 1000)
        made = await make()
        await self._breaker.ask(lambda: redis.set(key, mark + made, pxat=until))
        return made, "miss"

    async def forget(self) -> None:
        """Count nothing that is kept; if this fails, it is old in a few seconds anyway."""
        redis = self._redis
        if redis:
            await self._breaker.ask(lambda: redis.set(GENERATION, secrets.token_hex(8)))

    async def close(self) -> None:
        """Let go of Redis."""
        if self._redis:
            await self._redis.aclose()


def _client(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_connect_timeout=PATIENCE_SECONDS,
        socket_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
        # Nothing is sent but AUTH, SELECT, MGET and SET: the user needs no other rights.
        protocol=2,
        driver_info=None,
    )
