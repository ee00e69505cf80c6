"""What fails is left alone for a moment."""

import asyncio

import pytest

from shop.breaker import PAUSE_SECONDS, SECONDS_BETWEEN_LINES, Breaker


class Clock:
    """A clock that tests put forward."""

    now = 100.0

    def __call__(self) -> float:
        """What time it is."""
        return self.now


class Helper:
    """Something that fails as long as it is told to."""

    broken = False
    asked = 0

    async def __call__(self) -> str:
        """Answer or fail."""
        self.asked += 1
        if self.broken:
            raise ConnectionError("nobody there")
        return "answer"


def ask(breaker: Breaker, helper: Helper, times: int = 1) -> list[str | None]:
    """The answers, one after another."""

    async def asked() -> list[str | None]:
        return [await breaker.ask(helper) for _ in range(times)]

    return asyncio.run(asked())


def test_what_works_is_asked_each_time() -> None:
    breaker, helper = Breaker("the helper", Clock()), Helper()
    assert ask(breaker, helper, 3) == ["answer"] * 3


def test_what_failed_is_asked_again_after_a_moment_and_not_before() -> None:
    clock, helper = Clock(), Helper()
    breaker = Breaker("the helper", clock)
    helper.broken = True
    assert ask(breaker, helper, 3) == [None] * 3
    assert helper.asked == 1

    helper.broken = False
    clock.now += PAUSE_SECONDS - 0.01
    assert ask(breaker, helper) == [None]
    clock.now += 0.01
    assert ask(breaker, helper, 3) == ["answer"] * 3


def test_after_the_moment_one_caller_tries_and_the_others_do_not_wait() -> None:
    clock, helper = Clock(), Helper()
    breaker = Breaker("the helper", clock)
    helper.broken = True
    ask(breaker, helper)
    clock.now += PAUSE_SECONDS

    async def tried() -> None:
        answered = asyncio.Event()
        first = asyncio.create_task(breaker.ask(answered.wait))
        await asyncio.sleep(0)
        helper.broken = False
        assert await breaker.ask(helper) is None
        answered.set()
        await first
        assert await breaker.ask(helper) == "answer"

    asyncio.run(tried())


def test_failing_on_and_on_is_a_line_every_few_seconds(caplog: pytest.LogCaptureFixture) -> None:
    clock, helper = Clock(), Helper()
    breaker = Breaker("the helper", clock)
    helper.broken = True
    for _ in range(int(2 * SECONDS_BETWEEN_LINES / PAUSE_SECONDS)):
        ask(breaker, helper)
        clock.now += PAUSE_SECONDS
    assert helper.asked == 2 * SECONDS_BETWEEN_LINES / PAUSE_SECONDS
    assert (
        caplog.messages
        == ["the helper fails, going on without it: ConnectionError: nobody there"] * 2
    )
