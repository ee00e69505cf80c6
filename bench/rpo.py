"""How much of what was written would be lost with the machine, at any moment, by default.

A writer keeps adding rows. Twice a second it is noted where the database's log ends; and once a
second, which files of the log are off-site, without a gap. What would be lost is what is younger
than the end of the last of them. In the end one restore from off-site tells whether that is so.
"""

import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.figures import Figure, main, tell
from bench.hand import postgresql
from bench.scratch import DATABASE, PORTS, Scratch, scratch
from bench.site import Site, a_site, begin_backups, shop_without_backups

from uz import shell
from uz.errors import UzError

MOST_SECONDS = 60.0
MINUTES = float(os.environ.get("BENCH_RPO_MINUTES", "5"))
SEGMENT = 2**24
PREFIX = "shop/bench/"
LOG = re.compile(r"/archive/main/[^/]+/[0-9A-F]{16}/[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})-")
WRITE = "INSERT INTO bench_rpo VALUES (clock_timestamp())"


@dataclass
class Written:
    """Where the log ended, in bytes, and when."""

    ends: list[tuple[float, int]] = field(default_factory=list)

    def lost(self, covered: int, now: float) -> float:
        """Seconds between the last moment whose log is off-site, and now."""
        kept = [at for at, end in self.ends if end <= covered]
        return now - (kept[-1] if kept else self.ends[0][0])


def measure() -> list[Figure]:
    """Write for some minutes and look once a second."""
    tell("rpo: installing the shop's packages")
    with (
        a_site() as site,
        shop_without_backups() as shop,
        scratch(shop, "shop", DATABASE, venv=True) as place,
    ):
        place.uz("up")
        begin_backups(place, site)
        _ask(place, "CREATE TABLE bench_rpo (at timestamptz)")
        with _writing(place) as written:
            time.sleep(MOST_SECONDS)  # the first rows are off-site
            seen = _watched(site, written)
            _agrees(place, site, written)
    worst = max(seen)
    tell(f"  lost with the machine: median {median(seen):.1f} s, worst {worst:.1f} s")
    setting = "backups.rpo"
    return [
        Figure("rpo, the worst moment", "s", setting, ((worst, MOST_SECONDS),), "value",
               MOST_SECONDS),
        Figure("rpo, any moment", "s", setting, tuple((one, MOST_SECONDS) for one in seen),
               "value"),
    ]  # fmt: skip


def _watched(site: Site, written: Written) -> list[float]:
    seen = []
    end = time.monotonic() + 60 * MINUTES
    while time.monotonic() < end:
        now = time.monotonic()  # of a machine that is lost while the list is made
        seen.append(written.lost(_covered(site, written), now))
        time.sleep(1)
        if len(seen) % 60 == 0:
            tell(f"  {len(seen)} looks: worst {max(seen):.1f} s")
    return seen


def _covered(site: Site, written: Written) -> int:
    """The place in the log up to which all that was written is off-site. (What is missing before is
    older than the first backup, or the restore at the end fails.)"""
    keys = site.server.store("reader", PREFIX).list()
    found = {int(one[1], 16) * 256 + int(one[2], 16) for one in map(LOG.search, keys) if one}
    last = written.ends[0][1] // SEGMENT - 1
    while last + 1 in found:
        last += 1
    if last < max(found):
        tell(f"  log file {last + 1} is not there, and {max(found)} is")
    return (last + 1) * SEGMENT


def _agrees(place: Scratch, site: Site, written: Written) -> None:
    """Restore what is off-site: its newest row must not be older than what was reckoned."""
    covered = _covered(site, written)
    at = [moment for moment, end in written.ends if end <= covered][-1]
    age = time.monotonic() - at
    now = time.time()
    query = "SELECT extract(epoch FROM max(at)) FROM bench_rpo"
    done = place.uz("restore", "--to", "latest", "--offsite", "--", "psql", "-XAtc", query)
    numbers = re.findall(r"^\d+\.\d+$", done.stdout, re.MULTILINE)
    if not numbers or now - float(numbers[-1]) > age + 2:
        raise UzError(f"a restore lost more than was reckoned ({age:.1f} s):\n{done.tail()}")
    tell(f"  a restore lost {now - float(numbers[-1]):.1f} s, reckoned were {age:.1f} s")


@contextmanager
def _writing(place: Scratch) -> Iterator[Written]:
    written, over = Written(), threading.Event()

    def write() -> None:
        while not over.wait(0.5):
            at = time.monotonic()
            where = _ask(place, f"{WRITE}; SELECT pg_current_wal_lsn() - '0/0'")
            written.ends.append((at, int(where)))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield written
    finally:
        over.set()
        thread.join()


def _ask(place: Scratch, sql: str) -> str:
    words: list[str | Path] = [
        postgresql() / "psql",
        "-XAtqw",
        "-v",
        "ON_ERROR_STOP=1",
        "-d",
        "app",
    ]
    where: list[str | Path] = [
        "-h",
        place.root / "run/database",
        "-p",
        str(PORTS.database(1)),
        "-U",
        "postgres",
    ]
    return shell.checked([*words, *where, "-c", sql], timeout=60).strip()


if __name__ == "__main__":
    sys.exit(main(measure))
