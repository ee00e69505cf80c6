"""A planned switchover while orders are written, there and back: for how long no order gets in,
and whether one fails.

Writers place orders one after the other, straight at the instances, and never stop. The gap is the
longest time between two orders that were taken, whoever placed them. The baseline is the longest
one in some seconds without a switchover.
"""

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import pairwise

from bench.figures import Figure, in_turns, main, tell
from bench.orders import prepare
from bench.scratch import DATABASE, INSTANCES, SHOP, Scratch, scratch

from uz.errors import UzError

ROUNDS = 5
"""There and back: twice as many switchovers, after one that warms up."""
WRITERS = 4
BESIDE, WITHOUT = 1.0, 3.0
"""Seconds of orders before and after, and of the baseline between them."""
MOST_SECONDS = 5.0
ORDER = json.dumps({"lines": [{"product_id": f"bench-{n}", "quantity": 1} for n in (1, 2)]})


@dataclass
class Written:
    """When an order was taken, and what was said of those that were not."""

    taken: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def gap(self, begun: float, ended: float) -> float:
        """The longest time in which no order was taken."""
        between = sorted(moment for moment in self.taken if begun < moment < ended)
        return max(later - moment for moment, later in pairwise([begun, *between, ended]))


@dataclass(frozen=True)
class Seen:
    """One stretch of orders: the longest gap, what PgBouncer held back, how many failed."""

    gap: float
    held: float
    failed: int


def measure() -> list[Figure]:
    """Switch over in turns with doing nothing."""
    tell("switchover: installing the shop's packages")
    with scratch(SHOP, "shop", DATABASE, venv=True) as place:
        place.uz("up")
        keys = prepare(place).read_text().split()
        uz: list[Seen] = []
        base: list[Seen] = []

        def stretch(seen: list[Seen], during: Callable[[], float]) -> float:
            seen.append(_stretch(written, during))
            return seen[-1].gap

        with _writers(keys) as written:
            in_turns(
                lambda: stretch(uz, lambda: _switched(place)),
                lambda: stretch(base, _without),
                2 * ROUNDS,
            )
        tell(f"  {len(written.taken)} orders taken, {len(written.failed)} failed")

    def pairs(what: Callable[[Seen], float]) -> tuple[tuple[float, float], ...]:
        return tuple((what(one), what(other)) for one, other in zip(uz, base, strict=True))[1:]

    name, nothing = "switchover", "no switchover"
    return [
        Figure(f"{name}: longest time without an order", "s", nothing,
               pairs(lambda one: one.gap), "value", MOST_SECONDS),
        Figure(f"{name}: PAUSE to RESUME", "s", nothing,
               pairs(lambda one: one.held), "value", MOST_SECONDS),
        Figure(f"{name}: failed", "orders", nothing, pairs(lambda one: one.failed), "value", 0),
    ]  # fmt: skip


def _stretch(written: Written, during: Callable[[], float]) -> Seen:
    before, begun = len(written.failed), time.monotonic()
    time.sleep(BESIDE)
    held = during()
    time.sleep(BESIDE)
    failed = written.failed[before:]
    if failed:
        tell(f"  {len(failed)} failed, the first: {failed[0]}")
    return Seen(written.gap(begun, time.monotonic()), held, len(failed))


def _without() -> float:
    time.sleep(WITHOUT)
    return 0.0


def _switched(place: Scratch) -> float:
    """Switch over as a user does; return for how long queries waited."""
    done = place.uz("switchover")
    found = re.search(r"queries waited ([\d.]+) s", done.stdout)
    if not found:
        raise UzError(f"uz switchover says nothing that is understood:\n{done.stdout}")
    return float(found[1])


@contextmanager
def _writers(keys: list[str]) -> Iterator[Written]:
    """Have orders placed, until the block is left."""
    written, over = Written(), threading.Event()
    threads = [
        threading.Thread(
            target=_write, args=(INSTANCES[n % len(INSTANCES)], keys[n], written, over), daemon=True
        )
        for n in range(WRITERS)
    ]
    for one in threads:
        one.start()
    try:
        yield written
    finally:
        over.set()
        for one in threads:
            one.join(timeout=40)


def _write(port: int, key: str, written: Written, over: threading.Event) -> None:
    words = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", port, timeout=35)
    while not over.is_set():
        try:
            connection.request("POST", "/orders", ORDER, words)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, HTTPException) as error:
            written.failed.append(repr(error))
            connection.close()
            time.sleep(0.1)
            continue
        if answer.status == 201:
            written.taken.append(time.monotonic())
        else:
            written.failed.append(f"{answer.status} {text[:200]!r}")
    connection.close()


if __name__ == "__main__":
    sys.exit(main(measure))
