import time
from datetime import UTC, datetime, timedelta

from uz.scheduling.clock import SystemClock


def test_it_tells_the_time_of_the_machine_in_utc() -> None:
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)
    assert abs(SystemClock().monotonic() - time.monotonic()) < 5
