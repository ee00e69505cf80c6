"""Writing through the pooler without a pause, and what is there afterwards."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.live.postgres import MIGRATE, a_stage_with_database, asked, own, passwords, said
from tests.live.stage import Stage, holds_within

WRITES = """
CREATE TABLE IF NOT EXISTS writes (
    n bigint PRIMARY KEY, port int NOT NULL DEFAULT inet_server_port(),
    at timestamptz NOT NULL DEFAULT clock_timestamp())"""
MIGRATION = f"{MIGRATE}psql -Xqw -v ON_ERROR_STOP=1 \"$DATABASE_DIRECT_URL\" -c '{WRITES}'\n"

LONG = 40.0
"""Seconds; PgBouncer lets nobody wait longer than 30."""


@contextmanager
def a_stage_with_writes(**keys: object) -> Iterator[Stage]:
    """A stack that is up, with a table for writers."""
    with a_stage_with_database(migration=MIGRATION, **keys) as stage:
        yield stage


@dataclass
class Writer:
    """One client of the pooler: each row that was acknowledged, and each failure."""

    stage: Stage
    first: int
    acknowledged: set[int] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    longest: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Write one row after another; with a new connection after a failure."""
        number = self.first
        while not self.ended.is_set():
            with self._psql() as psql:
                assert psql.stdin
                assert psql.stdout
                while not self.ended.is_set() and psql.poll() is None:
                    number += 1
                    begun = time.monotonic()
                    try:
                        psql.stdin.write(f"INSERT INTO writes VALUES ({number}) RETURNING n;\n")
                        psql.stdin.flush()
                    except BrokenPipeError:
                        break
                    answer = psql.stdout.readline().strip()
                    self.longest = max(self.longest, time.monotonic() - begun)
                    if answer == str(number):
                        self.acknowledged.add(number)
                    else:
                        self.failures.append(answer)
                        time.sleep(0.05)
                psql.kill()

    def _psql(self) -> "subprocess.Popen[str]":
        known = os.environ | {"PGPASSWORD": passwords(self.stage)["app"]}
        return subprocess.Popen(
            ["psql", "-XAtqw", "-h", "127.0.0.1", "-p", str(self.stage.base + 432), "-U", "app",
             "-d", "app"],
            env=known, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip


@dataclass
class Writers:
    """Several of them."""

    each: list[Writer]

    @property
    def acknowledged(self) -> set[int]:
        """All rows that somebody was told to be there."""
        return set().union(*(one.acknowledged for one in self.each))

    @property
    def failures(self) -> list[str]:
        """What went wrong."""
        return [text for one in self.each for text in one.failures]

    @property
    def longest(self) -> float:
        """Seconds that the slowest answer took."""
        return max(one.longest for one in self.each)

    def go_on(self, within: float = 15) -> bool:
        """Whether new rows come."""
        before = len(self.acknowledged)
        return holds_within(within, lambda: len(self.acknowledged) >= before + 4)


_began = [0]


@contextmanager
def writing(stage: Stage, clients: int = 3) -> Iterator[Writers]:
    """Write while the block runs."""
    _began[0] += 1
    firsts = ((_began[0] * 10 + client) * 10**6 for client in range(clients))
    all_of_them = Writers([Writer(stage, first) for first in firsts])
    threads = [threading.Thread(target=one.run) for one in all_of_them.each]
    for thread in threads:
        thread.start()
    try:
        assert all_of_them.go_on()
        yield all_of_them
        assert all_of_them.go_on()
    finally:
        for one in all_of_them.each:
            one.ended.set()
        for thread in threads:
            thread.join(LONG)


def missing(stage: Stage, writers: Writers) -> set[int]:
    """Rows that were acknowledged, and that the app does not find."""
    found = said(asked(stage, "app", "SELECT n FROM writes", port=432)).splitlines()
    return writers.acknowledged - set(map(int, found))


def overlaps(stage: Stage) -> str:
    """Pairs of servers that took writes at one time: each led once while this was written."""
    return own(
        stage,
        "SELECT a.port, b.port FROM"
        " (SELECT port, min(at) f, max(at) t FROM writes GROUP BY port) a,"
        " (SELECT port, min(at) f, max(at) t FROM writes GROUP BY port) b"
        " WHERE a.port < b.port AND a.f <= b.t AND b.f <= a.t",
        node=leader(stage),
    )


def leader(stage: Stage) -> int:
    """The number of the one server that leads, among those that answer."""
    leads = []
    for node in (1, 2, 3):
        try:
            if own(stage, "SELECT pg_is_in_recovery()", node=node) == "f":
                leads.append(node)
        except AssertionError:
            continue
    assert len(leads) == 1, leads
    return leads[0]


def all_follow(stage: Stage, count: int = 2, within: float = 20) -> bool:
    """Whether all others stream from the one that leads."""
    query = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
    return holds_within(within, lambda: own(stage, query, node=leader(stage)) == str(count))


def emptied(stage: Stage, delete: str) -> Stage:
    """The same stage: all that are to follow do, and the app has deleted what was written."""
    if not all_follow(stage, within=5):
        stage.up()
        assert all_follow(stage)
    said(asked(stage, "app", delete, port=432))
    return stage
