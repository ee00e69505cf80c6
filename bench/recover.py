"""`uz recover` of the shop from an empty folder, against the bare restore of its database.

By hand is what is needed before anything of the app can start: everything fetched, restored,
recovered to the latest and promoted. Uz brings back secrets manager, Redis and files besides,
copies a standby, builds the release and has all answer. Installing the shop's packages is on
neither side.
"""

import re
import shutil
import sys
import time
from pathlib import Path

from bench.figures import Figure, in_turns, main, tell
from bench.processes import until
from bench.restore_by_hand import by_hand, newest_backup
from bench.scratch import DATABASE, HTTPS, Scratch, scratch, surroundings
from bench.site import (
    FIRST_JOBS,
    SCALE,
    Site,
    a_site,
    begin_backups,
    first_jobs_ended,
    pgbench,
    shop_without_backups,
)
from bench.visit import headers

from uz import shell
from uz.errors import UzError

MOST_TIMES = 3.0
ROUNDS = 5
PREFIX = "shop/bench/"


def measure() -> list[Figure]:
    """Recover in turns with a restore by hand."""
    tell("recover: installing the shop's packages")
    with (
        a_site() as site,
        shop_without_backups() as shop,
        scratch(shop, "shop", DATABASE, venv=True, manager="openbao") as place,
    ):
        place.uz("up")
        begin_backups(place, site)
        kit = Path(shutil.copy(place.folder / "home/shop/bench.recovery-kit.json", place.folder))
        configuration = (place.root / "credentials/database/pgbackrest.conf").read_bytes()
        _lose(place)

        def turns() -> tuple[tuple[float, float], ...]:
            return in_turns(
                lambda: _uz(place, site, kit), lambda: _hand(place, site, configuration), ROUNDS
            )

        small = turns()
        _fill(place, site, kit)
        large = turns()
    by = "the bare restore"
    return [
        Figure("uz recover, the shop", "s", by, small, "ratio"),
        Figure("uz recover, with 750 MB more", "s", by, large, "ratio", MOST_TIMES),
    ]


def _fill(place: Scratch, site: Site, kit: Path) -> None:
    """Recover once more, and have a full backup of much more off-site."""
    tell(f"recover: filling the database, pgbench -s {SCALE}")
    _recover(place, site, kit)
    until(lambda: first_jobs_ended(place), "the first jobs end", FIRST_JOBS)
    pgbench(place, "-i", "-q", "-s", SCALE)
    place.uz("backup", "now", "--type", "full")
    _lose(place)


def _uz(place: Scratch, site: Site, kit: Path) -> float:
    begun = time.perf_counter()
    done = _recover(place, site, kit)
    took = time.perf_counter() - begun
    headers(HTTPS, "/products/mug", place.root / "data" / "authority.pem")
    _lose(place)
    tell(f"  {''.join(re.findall(r'^recovery: .*', done.stdout, re.MULTILINE))}")
    return took


def _recover(place: Scratch, site: Site, kit: Path) -> shell.Completed:
    home = {"UZ_HOME": str(place.folder / "home")}
    words = place.words("recover", "--kit", str(kit), "--yes")
    done = shell.run(words, timeout=600, environment=surroundings() | home | site.reader())
    if not done.ok:
        raise UzError(f"uz recover ended with {done.code}:\n{done.tail()}")
    return done


def _lose(place: Scratch) -> None:
    """Take it down before its first backup is off-site: each turn recovers from the same one."""
    place.uz("down", "--delete-data", "--yes")


def _hand(place: Scratch, site: Site, configuration: bytes) -> float:
    begun = time.perf_counter()
    with by_hand(site, PREFIX, configuration, place.folder) as one:
        label, _ = newest_backup(one.fetch())
        data = one.unpack("data", label)
        one.start(data, fsync=True)
        took = time.perf_counter() - begun
        phases = ", ".join(f"{name} {seconds:.1f}" for name, seconds in one.phases.items())
    tell(f"  by hand: {took:.1f} s ({phases})")
    return took


if __name__ == "__main__":
    sys.exit(main(measure))
