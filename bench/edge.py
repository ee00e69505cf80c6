"""Requests a second through Uz's edge, against an nginx configured by hand with the same features.

Both edges run at the same time in front of the same instances, and are loaded in turns. The last
figures compare the whole stack: the hand-written edge has instances of its own, which write their
log straight to a file, as no supervisor takes it from them.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure, in_turns, main, tell
from bench.hand import Hand, by_hand
from bench.processes import processor_seconds, read_pid
from bench.scratch import BASE, DATABASE, HTTP, HTTPS, REPOSITORY, SHOP, Scratch, scratch
from bench.visit import Load, headers, load, protocol

from uz.errors import UzError

PAIRS, SECONDS = 21, 2
"""Many short turns: what else the machine does meanwhile then meets both sides alike."""
PATH = "/health/live"
LEAST_SHARE = 0.9
HAND_PORTS = (HTTP + 10, HTTPS + 10)
HAND_INSTANCES = (BASE + 110, BASE + 111)
NOT_COMPARED = {"date", "server", "x-request-id", "x-release"}


@dataclass(frozen=True)
class Seen:
    """One load, and the processor time that the edge spent on each request, in microseconds."""

    load: Load
    processor: float


def measure() -> list[Figure]:
    """A trivial app, then the shop, then the shop with instances of its own."""
    figures = []
    fast = REPOSITORY / "bench" / "fast"
    for app, source, more in (("fast", fast, ""), ("shop", SHOP, DATABASE)):
        tell(f"edge: building {app}")
        with scratch(source, app, more) as place:
            place.uz("up")
            with by_hand(Hand(place, *HAND_PORTS)) as hand:
                hand.borrow()
                hand.start_edge()
                figures += _compared(f"{app}, edge", place, hand)
            if app == "shop":
                with by_hand(Hand(place, *HAND_PORTS, HAND_INSTANCES)) as hand:
                    hand.borrow()
                    hand.start("app", place.release)
                    figures += _compared(f"{app}, whole stack", place, hand)[:1]
    return figures


def _compared(name: str, place: Scratch, hand: Hand) -> list[Figure]:
    _same_features(place, hand)
    tell(f"edge: {name}, {SECONDS} s each")
    seen: dict[str, list[Seen]] = {"uz": [], "hand": []}
    uz_edge = read_pid(place.root / "run" / "edge" / "nginx.pid")
    uz_log = place.root / "logs" / "edge" / "access.log"
    hand_log = hand.folder / "logs" / "access.log"
    in_turns(
        lambda: _loaded(seen["uz"], HTTPS, lambda: uz_edge, uz_log),
        lambda: _loaded(seen["hand"], hand.https, lambda: hand.edge_pid, hand_log),
        PAIRS,
    )

    def pairs(what: Callable[[Seen], float]) -> tuple[tuple[float, float], ...]:
        both = zip(seen["uz"][1:], seen["hand"][1:], strict=True)
        return tuple((what(uz), what(other)) for uz, other in both)

    return [
        Figure(f"{name}: requests", "1/s", "hand/nginx.conf",
               pairs(lambda one: one.load.rate), "ratio", LEAST_SHARE, at_least=True),
        Figure(f"{name}: latency, 99 %", "ms", "hand/nginx.conf",
               pairs(lambda one: one.load.latency_99), "ratio"),
        Figure(f"{name}: processor time a request", "µs", "hand/nginx.conf",
               pairs(lambda one: one.processor), "ratio"),
    ]  # fmt: skip


def _loaded(seen: list[Seen], https: int, edge: Callable[[], int], log: Path) -> float:
    before = processor_seconds(edge())
    found = load(https, PATH, SECONDS)
    spent = processor_seconds(edge()) - before
    if found.errors:
        raise UzError(f"{found.errors} of {found.requests} requests failed, expected none")
    os.truncate(log, 0)  # both append, and neither log may fill the disk
    seen.append(Seen(found, spent / found.requests * 1e6))
    return found.rate


def _same_features(place: Scratch, hand: Hand) -> None:
    """Refuse to compare edges that do not do the same. Raises UzError."""
    authority = place.root / "data" / "authority.pem"
    mine, theirs = (
        {**headers(port, PATH, authority), "protocol": protocol(port, authority)}
        for port in (HTTPS, hand.https)
    )
    differ = {
        name
        for name in mine.keys() | theirs.keys()
        if name not in NOT_COMPARED and mine.get(name) != theirs.get(name)
    }
    if differ or "x-request-id" not in mine or "x-request-id" not in theirs:
        raise UzError(f"the edges differ in {sorted(differ)}:\n{mine}\n{theirs}")


if __name__ == "__main__":
    sys.exit(main(measure))
