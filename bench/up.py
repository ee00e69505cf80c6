"""`uz up` with everything built and nothing running, against a plain script that starts the same.

The same: PostgreSQL with its standby, PgBouncer, Redis with its replica, two instances, the edge,
each with the data of the last time. Both are timed as whole programs, and come back when the
standby, the replica, both instances and the edge answer.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure, in_turns, main, tell
from bench.hand import Hand, by_hand
from bench.scratch import DATABASE, HTTPS, SHOP, scratch, steps
from bench.visit import headers

MOST_BEHIND = 2.0


def measure() -> list[Figure]:
    """Start and stop the shop in turns."""
    tell("up: installing the shop's packages")
    with scratch(SHOP, "shop", DATABASE, venv=True) as place:
        place.uz("up")
        place.uz("down")
        with by_hand(Hand(place)) as hand:
            hand.start("first")
            hand.stop()
            uz_stops: list[float] = []
            hand_stops: list[float] = []

            def cycle(start: Callable[[], object], stop: Callable[[], object],
                      authority: Path, stops: list[float]) -> float:  # fmt: skip
                took = _seconds(start)
                headers(HTTPS, "/health/ready", authority)
                stops.append(_seconds(stop))
                return took

            starts = in_turns(
                lambda: cycle(
                    lambda: tell(f"  {steps(place.uz('up'))}"), lambda: place.uz("down"),
                    place.root / "data" / "authority.pem", uz_stops,
                ),
                lambda: cycle(
                    lambda: hand.start("again"), hand.stop,
                    hand.folder / "authority.pem", hand_stops,
                ),
            )  # fmt: skip
    stops = tuple(zip(uz_stops, hand_stops, strict=True))[1:]
    return [
        Figure("uz up, warm", "s", "hand/start again", starts, "difference", MOST_BEHIND),
        Figure("uz down", "s", "kill", stops, "difference"),
    ]


def _seconds(do: Callable[[], object]) -> float:
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main(measure))
