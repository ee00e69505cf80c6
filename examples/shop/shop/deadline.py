"""Work that is given up when it takes too long."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Answer = TypeVar("Answer")

_given_up: set[asyncio.Task[Any]] = set()


async def within(seconds: float, work: Coroutine[Any, Any, Answer]) -> Answer:
    """What the work answers; raises TimeoutError when it takes longer, and cancels it.

    What it does to clean up is not waited for: a database that hangs may hang then, too.
    """
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait([task], timeout=seconds)
        if not done:
            raise TimeoutError
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            _given_up.add(task)  # The event loop alone would let it be collected.
            task.add_done_callback(_forget)


def _forget(task: asyncio.Task[Any]) -> None:
    _given_up.discard(task)
    if not task.cancelled():
        task.exception()  # Looked at, so that nobody is warned.
