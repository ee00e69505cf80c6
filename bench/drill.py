"""A drill of the shop with 750 MB of pgbench's rows beside its own, against a restore by hand.

By hand is the same work for the database: everything fetched, restored, recovered to the same
restore point, all tables counted with a checksum, on to the latest, amcheck, and a second restore,
from what was fetched, to a moment of the window. `uz drill` does more: with the whole environment
it brings up the app on what was restored, and removes it again.
"""

import json
import sys
import time
from datetime import UTC, datetime

from bench.figures import Figure, in_turns, main, tell
from bench.restore_by_hand import by_hand, newest_backup
from bench.scratch import DATABASE, Scratch, scratch
from bench.site import SCALE, Site, a_site, begin_backups, pgbench, shop_without_backups

MOST_TIMES = 1.5
ROUNDS = 3
"""Pairs, after one that warms up: each takes a minute or more."""
PREFIX = "shop/bench/"


def measure() -> list[Figure]:
    """Drill in turns with a restore by hand: the database alone, and all of it."""
    tell("drill: installing the shop's packages")
    with (
        a_site() as site,
        shop_without_backups() as shop,
        scratch(shop, "shop", DATABASE, venv=True) as place,
    ):
        place.uz("up")
        tell(f"drill: filling the database, pgbench -s {SCALE}")
        pgbench(place, "-i", "-q", "-s", SCALE)
        begin_backups(place, site)
        pgbench(place, "-n", "-c", "4", "-t", "1000")
        point = place.uz("backup", "point").stdout.split(":")[0]
        time.sleep(90)  # the log up to it, and a canary after it, are off-site then
        database = in_turns(
            lambda: _uz(place, "--database-only"), lambda: _hand(place, site, point), ROUNDS
        )
        whole = in_turns(lambda: _uz(place), lambda: _hand(place, site, point), ROUNDS)
    return [
        Figure("uz drill, the database alone", "s", "by hand", database, "ratio", MOST_TIMES),
        Figure("uz drill, the app on it as well", "s", "by hand, the database", whole, "ratio",
               MOST_TIMES),
    ]  # fmt: skip


def _uz(place: Scratch, *words: str) -> float:
    begun = time.perf_counter()
    done = place.uz("drill", "--json", *words)
    took = time.perf_counter() - begun
    found = json.loads(done.stdout)
    phases = ", ".join(f"{name} {seconds:.1f}" for name, seconds in found["phases"].items())
    tell(f"  uz: {took:.1f} s ({phases})")
    return took


def _hand(place: Scratch, site: Site, point: str) -> float:
    configuration = (place.root / "credentials/database/pgbackrest.conf").read_bytes()
    begun = time.perf_counter()
    with by_hand(site, PREFIX, configuration, place.folder) as one:
        label, ended = newest_backup(one.fetch())
        data = one.unpack("data", label)
        one.start(data, recovery_target_name=point)
        one.count()
        one.stop(data)
        one.start(data)
        one.check()
        one.stop(data)
        again = one.unpack("again", label)
        moment = ended + (datetime.now(UTC) - ended) / 2
        one.start(again, recovery_target_time=moment.isoformat())
        one.stop(again)
        phases = ", ".join(f"{name} {seconds:.1f}" for name, seconds in one.phases.items())
    took = time.perf_counter() - begun
    tell(f"  by hand: {took:.1f} s ({phases})")
    return took


if __name__ == "__main__":
    sys.exit(main(measure))
