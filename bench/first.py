"""The first `uz up`, from nothing to two instances of the shop with all their servers, against a
script that does the same by hand, one after the other.

From nothing: secrets, certificate, release, initdb, roles, base backup, PgBouncer, Redis twice,
migration, instances, edge. Not in it, on either side: installing the shop's packages; both link a
virtual environment that was made before.
"""

import sys
import time
from pathlib import Path

from bench.figures import Figure, in_turns, main, tell
from bench.hand import Hand, by_hand
from bench.scratch import DATABASE, HTTPS, SHOP, Scratch, scratch, steps
from bench.visit import headers

from uz.errors import UzError

MOST_TIMES = 1.3


def measure() -> list[Figure]:
    """Bring the shop up from nothing, in turns."""
    tell("first: installing the shop's packages")
    with scratch(SHOP, "shop", DATABASE, venv=True) as place, by_hand(Hand(place)) as hand:
        pairs = in_turns(lambda: _uz(place), lambda: _hand(hand))
    return [Figure("uz up, first", "s", "hand/start first", pairs, "ratio", MOST_TIMES)]


def _uz(place: Scratch) -> float:
    if place.root.exists():
        raise UzError(f"{place.root}: is there, expected nothing")
    begun = time.perf_counter()
    done = place.uz("up")
    took = time.perf_counter() - begun
    _answers(place.root / "data" / "authority.pem")
    place.uz("down", "--delete-data", "--yes")
    tell(f"  {steps(done)}")
    return took


def _hand(hand: Hand) -> float:
    hand.prepare()
    begun = time.perf_counter()
    hand.start("first")
    took = time.perf_counter() - begun
    _answers(hand.folder / "authority.pem")
    hand.stop()
    return took


def _answers(authority: Path) -> None:
    headers(HTTPS, "/products/mug", authority)


if __name__ == "__main__":
    sys.exit(main(measure))
