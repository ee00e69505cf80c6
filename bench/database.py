"""The shop's orders through PgBouncer, against connections that lead straight to PostgreSQL.

Everything but the way is the same: the primary and its standby, which Uz runs, the rows and the
code. Two instances connect to PgBouncer, two to the primary, whose limits are raised for that. All
four are started by hand and keep no log, as writing it costs more than the way. Requests go
straight to the instances, not through the edge.

For 200 clients both ways the pool of an instance holds 100 connections, as a team without a pooler
would choose: one for each client that may come. Straight to PostgreSQL that makes 200 servers'
processes, and `max_connections` is raised; PgBouncer makes them the 20 of `database.pool`.
Statements are prepared on the straight way alone: PgBouncer follows them from 1.21 on.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.figures import PAIRS, Figure, in_turns, main, tell
from bench.hand import Hand, by_hand
from bench.orders import PRIMARY, ask, over_http, over_sql, prepare, settle
from bench.scratch import BASE, DATABASE, SERVERS, SHOP, Scratch, scratch
from bench.visit import Load

from uz.errors import UzError

CLIENTS = (8, 200)
SECONDS = 6
POOL = 100
MORE = f"{DATABASE}process_pool = {POOL}\n"
LIMIT = 2 * POOL + 60
POOLED, DIRECT = (BASE + 110, BASE + 111), (BASE + 120, BASE + 121)
BASELINE = "past PgBouncer"

Way = Callable[[int], Load]
"""Loads with so many clients."""


def measure() -> list[Figure]:
    """Place orders both ways in turns, over HTTP and by SQL alone."""
    tell("database: installing the shop's packages")
    with scratch(SHOP, "shop", MORE, venv=True) as place:
        place.uz("up")
        _raise_limits(place)
        keys = prepare(place)
        pooled, direct = _ways(place)
        found = []
        for clients in CLIENTS:
            with _instances(place, POOLED, pooled), _instances(place, DIRECT, direct, "on"):
                found += _compared(place, "orders", clients,
                    lambda c: over_http(POOLED, keys, c, SECONDS),
                    lambda c: over_http(DIRECT, keys, c, SECONDS))  # fmt: skip
        logs = place.folder / "pgbench"
        logs.mkdir()
        for clients in CLIENTS:
            found += _compared(place, "orders by SQL", clients,
                lambda c: over_sql(pooled, "extended", logs, c, SECONDS),
                lambda c: over_sql(direct, "prepared", logs, c, SECONDS))  # fmt: skip
    return found


def _raise_limits(place: Scratch) -> None:
    """Let the app hold more connections to PostgreSQL than Uz grants it: the baseline needs them.

    First in the standbys, which may not take fewer than their primary.
    """
    place.uz("down")
    for path in sorted((place.root / "data" / "database").glob("*/postgresql.auto.conf")):
        with path.open("a") as file:
            file.write(f"max_connections = {LIMIT}\n")
    place.uz("up")
    ask(place, "ALTER ROLE app CONNECTION LIMIT -1")
    found = ask(place, "SHOW max_connections")
    if found != str(LIMIT):
        raise UzError(f"max_connections is {found}, expected {LIMIT}")


def _ways(place: Scratch) -> tuple[str, str]:
    """The app's address of the database, and the same past PgBouncer."""
    pooled = (place.root / "credentials" / "app" / "database-url").read_text().strip()
    direct = pooled.replace(f":{SERVERS[0]}/", f":{PRIMARY}/")
    if direct == pooled:
        raise UzError("the app's address of the database is not PgBouncer's")
    return pooled, direct


@contextmanager
def _instances(
    place: Scratch, ports: tuple[int, int], url: str, prepared: str = "off"
) -> Iterator[None]:
    """Have two instances run that find the database at this address."""
    with by_hand(Hand(place, instances=ports, name=f"hand-{ports[0]}")) as hand:
        hand.borrow()
        (hand.folder / "credentials" / "app" / "database-url").write_text(url)
        for port in ports:
            (hand.folder / "logs" / f"app-{port}.log").symlink_to("/dev/null")
        hand.start("instances", place.release, DATABASE_POOL_SIZE=str(POOL),
                   DATABASE_PREPARED_STATEMENTS=prepared)  # fmt: skip
        yield


def _compared(place: Scratch, name: str, clients: int, pooled: Way, direct: Way) -> list[Figure]:
    """Rate, 99th percentile and failures with so many clients."""
    tell(f"database: {name}, {clients} clients, {SECONDS} s each")
    seen: dict[str, list[Load]] = {"uz": [], "direct": []}

    def loaded(side: str, way: Way) -> float:
        settle(place)
        seen[side].append(way(clients))
        return seen[side][-1].rate

    in_turns(lambda: loaded("uz", pooled), lambda: loaded("direct", direct), PAIRS)

    def pairs(what: Callable[[Load], float]) -> tuple[tuple[float, float], ...]:
        both = zip(seen["uz"][1:], seen["direct"][1:], strict=True)
        return tuple((what(uz), what(other)) for uz, other in both)

    name = f"{name}, {clients} clients"
    return [
        Figure(name, "1/s", BASELINE, pairs(lambda one: one.rate), "ratio"),
        Figure(f"{name}: 99 %", "ms", BASELINE, pairs(lambda one: one.latency_99), "ratio"),
        Figure(f"{name}: failed", "orders", BASELINE, pairs(lambda one: one.errors), "value", 0),
    ]


if __name__ == "__main__":
    sys.exit(main(measure))
