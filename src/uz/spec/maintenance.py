"""The `[maintenance]` table: when something may be taken away from users on purpose."""

import re
from datetime import UTC, datetime, timedelta

from pydantic import field_validator

from uz.spec.table import Table

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WINDOW = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)"
)
WEEK = timedelta(days=7)


class Maintenance(Table):
    """Weekly windows, in UTC, in which `uz prove --disrupt` may touch production."""

    windows: tuple[str, ...] = ()
    """Such as `"Sun 02:00-04:00"`; a window may cross midnight. None: never."""

    @field_validator("windows")
    @classmethod
    def _windows(cls, windows: tuple[str, ...]) -> tuple[str, ...]:
        for window in windows:
            if not WINDOW.fullmatch(window):
                raise ValueError(f'{window!r} is not a window: write "Sun 02:00-04:00" (UTC)')
        return windows

    def open_at(self, moment: datetime) -> bool:
        """Say whether a window is open at this moment."""
        return any(_covers(window, moment.astimezone(UTC)) for window in self.windows)


def _covers(window: str, moment: datetime) -> bool:
    day, *clock = WINDOW.fullmatch(window).groups()  # type: ignore[union-attr]
    first_hour, first_minute, last_hour, last_minute = map(int, clock)
    monday = moment.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(moment.weekday())
    begin = timedelta(DAYS.index(day), hours=first_hour, minutes=first_minute)
    length = timedelta(hours=last_hour, minutes=last_minute) - timedelta(
        hours=first_hour, minutes=first_minute
    )
    if length <= timedelta(0):
        length += timedelta(days=1)
    return (moment - monday - begin) % WEEK < length
