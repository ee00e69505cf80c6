"""Whether what the database acknowledged is there after a crash of its primary."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain

from uz.checklist.managed.replicated import proof_table
from uz.environment import Environment, killed
from uz.psql import ask, primary, standbys
from uz.shell import Completed
from uz.verdict import Figure, Verdict, proven, refuted, unknown
from uz.waiting import met

CRASHES = 2
"""One may fall on the moment at which even a careless server has just written everything."""
WRITES = 2000
"""Rows for each crash, each a commit; it comes when some of them are there."""
ENOUGH = 100
CATCH_UP = 10.0
"""Seconds in which the replicas have to have every row."""


@dataclass
class Crashed:
    """The rows that were acknowledged before the crashes, and how long the server was away."""

    acknowledged: set[int] = field(default_factory=set)
    away: float = 0.0


def crash(env: Environment) -> Verdict:
    """Kill the primary in the middle of commits, and look for every row it acknowledged."""
    leads, seen = primary(env), Crashed()
    with proof_table(env, "number integer") as table:
        for turn in range(CRASHES):
            before = len(seen.acknowledged)
            _crash(env, leads, table, range(turn * WRITES, (turn + 1) * WRITES), seen)
            if len(seen.acknowledged) - before < ENOUGH:
                return unknown(f"fewer than {ENOUGH} rows were acknowledged before the crash")
        lost = {leads: _lost(env, leads, table, seen)}
        if not lost[leads]:
            lost |= {node: _lost(env, node, table, seen, CATCH_UP) for node in standbys(env)}
    return _judged(env, leads, seen, lost)


def _crash(env: Environment, leads: str, table: str, numbers: range, seen: Crashed) -> None:
    some = f"SELECT count(*) >= {ENOUGH} FROM {table} WHERE number >= {numbers.start}"
    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(_written, env, leads, table, numbers)
        met(lambda: ask(env, leads, some) == "t" or writing.done(), 30)
        began = time.monotonic()
        with killed(env, leads):
            pass
        seen.away = max(seen.away, time.monotonic() - began)
        seen.acknowledged |= {int(line) for line in writing.result().stdout.split()}


def _written(env: Environment, node: str, table: str, numbers: Iterable[int]) -> Completed:
    """Commit row after row until the server is gone; each that it acknowledged is printed."""
    rows = (f"INSERT INTO {table} VALUES ({number}) RETURNING number" for number in numbers)
    return env.run(
        "env", "PGCONNECT_TIMEOUT=5", "psql", "-XAtqw", "-v", "ON_ERROR_STOP=1",
        "-h", f"{env.folder}/run/database", "-p", str(env.address(node).port),
        "-U", "postgres", "-d", "postgres",
        *chain.from_iterable(("-c", row) for row in rows), timeout=120,
    )  # fmt: skip


def _lost(env: Environment, node: str, table: str, seen: Crashed, within: float = 0) -> int:
    """How many acknowledged rows a server does not have; a replica gets some time for them."""
    missing = set(seen.acknowledged)

    def complete() -> bool:
        found = ask(env, node, f"SELECT number FROM {table}")
        missing.difference_update(map(int, found.split()))
        return not missing

    met(complete, within)
    return len(missing)


def _judged(env: Environment, leads: str, seen: Crashed, lost: dict[str, int]) -> Verdict:
    count = len(seen.acknowledged)
    figures: dict[str, Figure] = {
        "acknowledged": count,
        "lost": max(lost.values()),
        "crashes": CRASHES,
        "away_s": round(seen.away, 2),
    }
    for node, number in lost.items():
        if number:
            what = "lost" if node == leads else f"not on {node} after {CATCH_UP:g} s"
            return refuted(f"{number} of {count} acknowledged rows are {what}", **figures)
    also = f", nor on {len(lost) - 1} replica{'s' * (len(lost) > 2)}" if len(lost) > 1 else ""
    return proven(
        f"0 of {count} acknowledged rows lost by kill -9 of the primary, twice{also}; back after"
        f" {seen.away:.1f} s (speaks for a crash of the process, not of the machine)",
        domains=env.failure_domains(),
        **figures,
    )
