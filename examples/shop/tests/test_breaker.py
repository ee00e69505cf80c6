"""What fails is left alone for a moment."""

from threading import Event, Thread

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

    def __call__(self) -> str:
        """Answer or fail."""
        self.asked += 1
        if self.broken:
            raise ConnectionError("nobody there")
        return "answer"


def test_what_works_is_asked_each_time() -> None:
    breaker, helper = Breaker("the helper", Clock()), Helper()
    assert [breaker.ask(helper) for _ in "123"] == ["answer"] * 3


def test_what_failed_is_asked_again_after_a_moment_and_not_before() -> None:
    clock, helper = Clock(), Helper()
    breaker = Breaker("the helper", clock)
    helper.broken = True
    assert [breaker.ask(helper) for _ in "123"] == [None] * 3
    assert helper.asked == 1

    helper.broken = False
    clock.now += PAUSE_SECONDS - 0.01
    assert breaker.ask(helper) is None
    clock.now += 0.01
    assert [breaker.ask(helper) for _ in "123"] == ["answer"] * 3


def test_after_the_moment_one_caller_tries_and_the_others_do_not_wait() -> None:
    clock, helper, answering, answered = Clock(), Helper(), Event(), Event()
    breaker = Breaker("the helper", clock)
    helper.broken = True
    breaker.ask(helper)
    clock.now += PAUSE_SECONDS

    def slow() -> None:
        answering.set()
        assert answered.wait(timeout=20)

    first = Thread(target=breaker.ask, args=[slow])
    first.start()
    assert answering.wait(timeout=20)
    helper.broken = False
    assert breaker.ask(helper) is None
    answered.set()
    first.join(timeout=20)
    assert breaker.ask(helper) == "answer"


def test_failing_on_and_on_is_a_line_every_few_seconds(caplog: pytest.LogCaptureFixture) -> None:
    clock, helper = Clock(), Helper()
    breaker = Breaker("the helper", clock)
    helper.broken = True
    for _ in range(int(2 * SECONDS_BETWEEN_LINES / PAUSE_SECONDS)):
        breaker.ask(helper)
        clock.now += PAUSE_SECONDS
    assert helper.asked == 2 * SECONDS_BETWEEN_LINES / PAUSE_SECONDS
    assert (
        caplog.messages
        == ["the helper fails, going on without it: ConnectionError: nobody there"] * 2
    )
