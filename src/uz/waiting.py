"""Waiting with a bound: every wait in Uz goes through these two words."""

import time
from collections.abc import Callable

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_exponential


def seconds_until(holds: Callable[[], bool], within: float) -> float | None:
    """Return how many seconds passed until `holds()`, or None when `within` seconds did not do.

    Asked at once, then after 10 ms growing to 250 ms. Exceptions of `holds` are the caller's.
    """
    begun = time.monotonic()
    waiting = Retrying(
        retry=retry_if_result(lambda held: not held),
        stop=stop_after_delay(within),
        wait=wait_exponential(multiplier=0.01, max=0.25, exp_base=1.6),
    )
    try:
        waiting(holds)
    except RetryError:
        return None
    return time.monotonic() - begun


def met(holds: Callable[[], bool], within: float) -> bool:
    """Say whether `holds()` came true inside `within` seconds."""
    return seconds_until(holds, within) is not None
