"""`uz up` with everything built and nothing running, against a plain script that starts the same.

Both are timed as whole programs, and come back when both instances and the edge answer.
"""

import sys
import time
from collections.abc import Callable

from bench.figures import Figure, in_turns, main, tell
from bench.hand import Hand, by_hand
from bench.scratch import HTTPS, REPOSITORY, scratch
from bench.visit import headers

SHOP = REPOSITORY / "examples" / "shop"
MOST_BEHIND = 2.0


def measure() -> list[Figure]:
    """Start and stop the shop in turns."""
    tell("up: building the shop")
    with scratch(SHOP, "shop") as place:
        place.uz("up")
        with by_hand(Hand(place)) as hand:
            place.uz("down")
            authority = hand.folder / "authority.pem"
            uz_stops: list[float] = []
            hand_stops: list[float] = []

            def cycle(start: Callable[[], object], stop: Callable[[], object],
                      stops: list[float]) -> float:  # fmt: skip
                took = _seconds(start)
                headers(HTTPS, "/health/ready", authority)
                stops.append(_seconds(stop))
                return took

            starts = in_turns(
                lambda: cycle(lambda: place.uz("up"), lambda: place.uz("down"), uz_stops),
                lambda: cycle(hand.start, hand.stop, hand_stops),
            )
    stops = tuple(zip(uz_stops, hand_stops, strict=True))[1:]
    return [
        Figure("uz up, warm", "s", "hand/start", starts, "difference", MOST_BEHIND),
        Figure("uz down", "s", "kill", stops, "difference"),
    ]


def _seconds(do: Callable[[], object]) -> float:
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main(measure))
