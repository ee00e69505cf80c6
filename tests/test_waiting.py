import time

import pytest

from uz.waiting import met, seconds_until


def test_what_holds_already_takes_no_time() -> None:
    took = seconds_until(lambda: True, within=0)
    assert took is not None
    assert took < 0.1


def test_what_never_holds_ends_at_the_bound() -> None:
    begun = time.monotonic()
    assert seconds_until(lambda: False, within=0.3) is None
    assert 0.3 <= time.monotonic() - begun < 1


def test_the_seconds_are_those_until_it_held() -> None:
    begun = time.monotonic()
    took = seconds_until(lambda: time.monotonic() - begun > 0.2, within=5)
    assert took is not None
    assert 0.2 <= took < 0.6


def test_it_is_asked_at_once_even_without_time() -> None:
    answers = iter([True])
    assert met(lambda: next(answers), within=0)


def test_what_is_raised_goes_to_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        seconds_until(lambda: bool(1 / 0), within=1)
