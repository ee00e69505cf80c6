"""`uz switchover`: a standby becomes the primary, as planned; queries wait meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from uz.environment import Environment
from uz.errors import UnhealthyError, UzError
from uz.operations.promote import (
    Progress,
    follow,
    following,
    most_advanced,
    promote,
    rejoined,
    resume,
    to_its_end,
)
from uz.operations.settle import settle
from uz.psql import ask, console, nodes, primaries, primary
from uz.waiting import met

DRAINED = 5.0
"""Seconds that running transactions get to end; new ones wait already."""
STREAMS = 15.0
"""Seconds until a standby has to be connected; it looks for its primary every second."""
CAUGHT_UP = 10.0
"""Seconds that a standby gets to replay what the primary wrote last."""
FAR_BEHIND = 64 * 2**20
"""Bytes; while a standby lacks more, the primary would take long to stop."""


@dataclass(frozen=True)
class SwitchedOver:
    """Who leads now, for how many seconds queries waited, and why who does not follow yet.

    No seconds where an earlier switchover had only to be finished.
    """

    after: str
    gap: float | None = None
    trouble: dict[str, str] = field(default_factory=dict)


def switchover(env: Environment, to: str, progress: Progress) -> SwitchedOver:
    """Make a standby the primary without a failed query. Raises UzError.

    Until the standby is promoted everything can be taken back, and is when something fails.
    """
    finished = settle(env, progress)
    if finished and to in {"", finished}:
        absent = tuple(set(nodes(env)) - {finished, *following(env)})
        return SwitchedOver(finished, trouble=rejoined(env, absent, finished, progress))
    before = primary(env)
    if to == before:
        raise UzError(f"{to} is the primary already", hint="`uz status` shows all servers.")
    after = most_advanced(env, following(env, before), to)
    _close_behind(env, before, after)
    ask(env, before, "CHECKPOINT", within=300)
    begun = time.monotonic()
    with _paused(env, before):
        progress("pgbouncer", "queries wait")
        to_its_end(lambda: _taken_over(env, before, after, progress))
    gap = time.monotonic() - begun
    progress("pgbouncer", f"leads to {after}, queries waited {gap:.1f} s")
    return SwitchedOver(after, gap, rejoined(env, (before,), after, progress))


def _taken_over(env: Environment, before: str, after: str, progress: Progress) -> None:
    try:
        env.stop(before)
        progress(before, "stopped")
        _has_everything(env, before, after)
        env.lead(after)
        promote(env, after)
    except UzError:
        if after not in primaries(env):
            env.lead(before)
            env.start(before)
            progress(before, "was started again, and is the primary as before")
            raise
    progress(after, "is the primary")
    follow(env, after)


def _close_behind(env: Environment, before: str, after: str) -> None:
    """Refuse where the standby is not fit to take over, or the primary would not stop soon."""
    sql = f"""
        SELECT replace(application_name, '_', '-'), pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(
            CASE application_name WHEN '{after.replace("-", "_")}' THEN replay_lsn
            ELSE flush_lsn END, '0/0'))::bigint
        FROM pg_stat_replication WHERE state IN ('streaming', 'catchup')"""
    lags: dict[str, int] = {}

    def streams() -> bool:
        rows = [line.split("|") for line in ask(env, before, sql).splitlines()]
        lags.update({row[0]: int(row[1]) for row in rows})
        return after in lags

    met(streams, STREAMS)
    if after not in lags:
        raise UzError(
            f"{after} does not stream from {before}: it cannot take over now",
            hint=f"`uz status` and `uz logs {after}` say why; then try again.",
        )
    for node, lag in lags.items():
        if lag > FAR_BEHIND:
            raise UzError(
                f"{node} lacks {lag // 2**20} MB: queries would wait until it has them",
                hint="Wait until it has caught up, or lower the load; then try again.",
            )


@contextmanager
def _paused(env: Environment, before: str) -> Iterator[None]:
    """Have the pooler hold all queries; it lets them go however the block is left."""
    console(env, "SHOW VERSION", within=10)
    try:
        try:
            console(env, "PAUSE app", within=DRAINED)
        except UnhealthyError as error:
            raise UzError(
                f"a transaction did not end within {DRAINED:g} s: nothing was changed"
                + _oldest(env, before),
                hint="Wait for it, or end it: `uz shell database`, SELECT pg_terminate_backend(N).",
            ) from error
        yield
    except BaseException:
        with suppress(UzError):
            resume(env)
        raise
    resume(env)


def _oldest(env: Environment, node: str) -> str:
    """The transaction that has been open for longest, in words; not its query: that may be told
    to nobody."""
    sql = """
        SELECT format('process %s of %s, open for %s s, %s', pid, usename,
            round(extract(epoch FROM now() - xact_start)), state)
        FROM pg_stat_activity WHERE datname = 'app' AND backend_type = 'client backend'
        AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 1"""
    with suppress(UnhealthyError):
        found = ask(env, node, sql)
        return f" ({found})" if found else ""
    return ""


def _has_everything(env: Environment, before: str, after: str) -> None:
    """Wait until the standby has replayed the last thing that the stopped primary wrote."""
    folder = ask(env, after, "SELECT setting FROM pg_config WHERE name = 'BINDIR'")
    done = env.run(f"{folder}/pg_controldata", f"{env.folder}/data/database/{before}")
    facts = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    last = facts.get("Latest checkpoint location", "").strip()
    state = facts.get("Database cluster state", "").strip()
    if state != "shut down" or not last:
        raise UnhealthyError(
            f"{before} did not shut down cleanly: {state or done.tail(2)}",
            hint=f"`uz logs {before}` says why. {before} was started again: `uz status`.",
        )
    sql = f"SELECT pg_last_wal_replay_lsn() > '{last}'"
    if not met(lambda: ask(env, after, sql) == "t", CAUGHT_UP):
        raise UnhealthyError(
            f"{after} does not have all that {before} wrote, up to {last}",
            hint=f"{before} was started again: `uz status`, then try again.",
        )
