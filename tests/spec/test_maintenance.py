from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from uz.spec import Maintenance

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def moment(day: str, clock: str) -> datetime:
    """A time in one certain week."""
    hour, minute = map(int, clock.split(":"))
    return MONDAY + timedelta(DAYS.index(day), hours=hour, minutes=minute)


def is_open(window: str, at: datetime) -> bool:
    return Maintenance(windows=(window,)).open_at(at)


@pytest.mark.parametrize(
    ("window", "day", "clock", "open_"),
    [
        ("Sun 02:00-04:00", "Sun", "01:59", False),
        ("Sun 02:00-04:00", "Sun", "02:00", True),
        ("Sun 02:00-04:00", "Sun", "03:59", True),
        ("Sun 02:00-04:00", "Sun", "04:00", False),
        ("Sun 02:00-04:00", "Mon", "03:00", False),
        ("Tue 23:00-01:00", "Tue", "23:30", True),
        ("Tue 23:00-01:00", "Wed", "00:59", True),
        ("Tue 23:00-01:00", "Wed", "01:00", False),
        ("Tue 23:00-01:00", "Tue", "00:30", False),
        ("Sun 23:00-01:00", "Mon", "00:30", True),
        ("Sun 23:00-01:00", "Mon", "01:00", False),
        ("Sat 05:00-05:00", "Sun", "04:59", True),
        ("Sat 05:00-05:00", "Sun", "05:00", False),
    ],
)
def test_a_window_is_open_from_its_beginning_to_before_its_end(
    window: str, day: str, clock: str, open_: bool
) -> None:
    assert is_open(window, moment(day, clock)) is open_


CLOCKS = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))


@given(st.sampled_from(DAYS), CLOCKS, CLOCKS, st.integers(0, 2 * 7 * 24 * 60))
def test_a_window_comes_every_week_and_is_as_long_as_it_says(
    day: str, begin: str, end: str, minutes: int
) -> None:
    at = MONDAY + timedelta(minutes=minutes)
    window = f"{day} {begin}-{end}"
    length = (moment("Mon", end) - moment("Mon", begin)) % timedelta(1) or timedelta(1)
    since = (at - moment(day, begin)) % timedelta(7)
    assert is_open(window, at) is (since < length)
    assert is_open(window, at) is is_open(window, at + timedelta(7))


def test_windows_are_in_utc_wherever_the_clock_stands() -> None:
    abroad = moment("Sun", "03:00").astimezone(timezone(timedelta(hours=9)))
    assert is_open("Sun 02:00-04:00", abroad)


def test_without_a_window_it_is_never_open_and_any_of_many_will_do() -> None:
    assert not Maintenance().open_at(MONDAY)
    many = Maintenance(windows=("Sun 02:00-04:00", "Mon 00:00-00:01"))
    assert many.open_at(MONDAY)


@pytest.mark.parametrize(
    "window", ["", "Sun", "sun 02:00-04:00", "Sun 2:00-4:00", "Sun 24:00-25:00", "Sun 02:00-04:60"]
)
def test_what_is_no_window_is_refused_with_an_example(window: str) -> None:
    with pytest.raises(ValidationError, match='write "Sun 02:00-04:00"'):
        Maintenance(windows=(window,))
