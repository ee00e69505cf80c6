"""Work that is given up when it takes too long."""

import asyncio

import pytest

from shop.deadline import within


def test_what_is_done_in_time_is_answered() -> None:
    assert asyncio.run(within(5, asyncio.sleep(0, "answer"))) == "answer"


def test_what_takes_too_long_is_cancelled_and_its_cleaning_up_not_waited_for() -> None:
    steps: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            steps.append("cancelled")
            await asyncio.sleep(0.2)
            steps.append("cleaned up")
            raise ZeroDivisionError

    async def tried() -> None:
        with pytest.raises(TimeoutError):
            await within(0.05, slow())
        assert steps == []
        await asyncio.sleep(0.1)
        assert steps == ["cancelled"]
        await asyncio.sleep(0.2)
        assert steps == ["cancelled", "cleaned up"]

    asyncio.run(tried(), debug=True)


def test_what_fails_in_time_fails() -> None:
    async def failing() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(within(5, failing()))


def test_whoever_waits_and_is_cancelled_cancels_the_work() -> None:
    async def tried() -> None:
        work = asyncio.Event()
        waiting = asyncio.create_task(within(60, work.wait()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(tried())
