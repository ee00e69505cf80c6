"""`uz switchover`: a standby becomes the primary, as planned; queries wait meanwhile."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from uz.environment import Environment
from uz.errors import UnhealthyError, UzError
from uz.operations.promote import follow, following, most_advanced, promote, rejoined
from uz.psql import ask, console, primary
from uz.waiting import met

DRAINED = 5.0
"""Seconds that running transactions get to end; new ones wait already."""
CAUGHT_UP = 10.0
"""Seconds that a standby gets to replay what the primary wrote last."""
FAR_BEHIND = 64 * 2**20
"""Bytes; a standby that lacks more is not asked to take over."""

Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class SwitchedOver:
    """Who leads now, for how many seconds queries waited, and why the old one does not follow."""

    before: str
    after: str
    gap: float
    trouble: str = ""


def switchover(env: Environment, to: str, progress: Progress) -> SwitchedOver:
    """Make a standby the primary without a failed query. Raises UzError.

    Until the standby is promoted everything can be taken back, and is when something fails.
    """
    before = primary(env)
    after = most_advanced(env, following(env, before), to)
    _close_behind(env, before, after)
    ask(env, before, "CHECKPOINT", within=300)
    begun = time.monotonic()
    with _paused(env):
        progress("pgbouncer", "queries wait")
        with _given_back(env, before, after):
            env.stop(before)
            progress(before, "stopped")
            _has_everything(env, before, after)
            promote(env, after)
        progress(after, "is the primary")
        follow(env, after)
    gap = time.monotonic() - begun
    progress("pgbouncer", f"leads to {after}, queries waited {gap:.1f} s")
    trouble = rejoined(env, before)
    if not trouble:
        progress(before, f"follows {after}")
    return SwitchedOver(before, after, gap, trouble)


def _close_behind(env: Environment, before: str, after: str) -> None:
    name = after.replace("-", "_")
    lag = ask(
        env,
        before,
        "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint FROM pg_stat_replication"
        f" WHERE application_name = '{name}' AND state = 'streaming'",
    )
    if not lag or int(lag) > FAR_BEHIND:
        how = f"lacks {int(lag) // 2**20} MB" if lag else "does not stream"
        raise UzError(
            f"{after} {how}: it cannot take over now", hint="`uz status`; then try again."
        )


@contextmanager
def _paused(env: Environment) -> Iterator[None]:
    """Have the pooler hold all queries; it lets them go however the block is left."""
    try:
        try:
            console(env, "PAUSE app", within=DRAINED)
        except UnhealthyError as error:
            raise UzError(
                f"a transaction did not end within {DRAINED:g} s: nothing was changed",
                hint="`uz shell database`: SELECT pid, xact_start, query FROM pg_stat_activity"
                " ORDER BY xact_start.",
            ) from error
        yield
    finally:
        console(env, "RESUME app")


@contextmanager
def _given_back(env: Environment, before: str, after: str) -> Iterator[None]:
    """Start the old primary again where the standby did not take over."""
    try:
        yield
    except BaseException:
        if following(env, before).count(after):
            env.start(before)
        raise


def _has_everything(env: Environment, before: str, after: str) -> None:
    """Wait until the standby has replayed the last thing that the stopped primary wrote."""
    folder = ask(env, after, "SELECT setting FROM pg_config WHERE name = 'BINDIR'")
    done = env.run(f"{folder}/pg_controldata", f"{env.folder}/data/database/{before}")
    facts = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    last = facts.get("Latest checkpoint location", "").strip()
    if facts.get("Database cluster state", "").strip() != "shut down" or not last:
        raise UnhealthyError(f"{before} did not shut down cleanly: {done.tail(2)}")
    sql = f"SELECT pg_last_wal_replay_lsn() > '{last}'"
    if not met(lambda: ask(env, after, sql) == "t", CAUGHT_UP):
        raise UnhealthyError(f"{after} does not have all that {before} wrote, up to {last}")
