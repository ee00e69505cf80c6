"""The time limits, tried: a statement that does not end, and clients that hold the whole pool."""

import time
from concurrent.futures import ThreadPoolExecutor

from uz.checklist.pooling.clients import Answered, database_of, pgbench, say
from uz.checklist.pooling.pooler import backends
from uz.environment import Environment
from uz.psql import primary
from uz.verdict import Figure, Verdict, proven, refuted, unknown
from uz.waiting import met, seconds_until

EARLY = 0.9
"""What is cut before this part of its limit was cut by something else."""
LATE = 2.0
"""Seconds beyond a limit that a busy machine may take."""
BEYOND = 1.0
"""Seconds after which even what was not cut in time ends by itself."""
TAKEN = 10.0
"""Seconds in which the stuck clients have to hold the whole pool."""
LAST = 5.0
"""Seconds before the limit at which one more client comes: PgBouncer lets nobody wait longer
than `query_wait_timeout`, and that is another matter."""
WAITED = 0.25
"""What the next client has to wait of that, or the pool was not held."""
IDLE = "state = 'idle in transaction'"


def latest(limit: float) -> float:
    """When a limit counts as missed, in seconds."""
    return limit * 1.1 + LATE


def statement_timeout(env: Environment) -> Verdict:
    """Send a statement that would take longer, and see when it ends, and by whom."""
    limit = database_of(env).statement_timeout.total_seconds()
    length = latest(limit) + BEYOND
    return cut_verdict(say(env, f"SELECT pg_sleep({length:g})", within=length + 60), limit)


def cut_verdict(answered: Answered, limit: float) -> Verdict:
    """A statement has to end by its time limit, and at its time."""
    figures: dict[str, Figure] = {
        "statement_limit_s": limit,
        "statement_ended_s": round(answered.seconds, 2),
    }
    took = f"after {answered.seconds:.1f} s"
    if answered.done.ok:
        return refuted(f"a statement ran to its end {took}: the limit is {limit:g} s", **figures)
    if "statement timeout" in answered.done.stderr:
        by = "the server"
    elif "query_timeout" in answered.done.stderr or "query timeout" in answered.done.stderr:
        by = "PgBouncer"
    else:
        return unknown(f"a statement ended {took}: {answered.words}", **figures)
    said = f"a statement was cut by {by} {took}, its limit is {limit:g} s"
    if not limit * EARLY <= answered.seconds <= latest(limit):
        return refuted(said, **figures)
    return proven(said, domains=(), cut_by=by, **figures)


def stuck_client(env: Environment) -> Verdict:
    """Let clients hold the whole pool with open transactions, and see when others are served."""
    database, server = database_of(env), primary(env)
    limit = database.idle_in_transaction_timeout.total_seconds()
    stay = latest(limit) + BEYOND
    script = f"BEGIN;\n\\sleep {round(stay * 1000)} ms\nCOMMIT;"
    with ThreadPoolExecutor(1) as worker:
        worker.submit(
            pgbench, env, script, "-t", "1", clients=database.pool, within=stay + TAKEN + 60
        )
        if not met(lambda: backends(env, server, IDLE) >= database.pool, TAKEN):
            return unknown(f"{database.pool} stuck clients did not come to hold the whole pool")
        began = time.monotonic()
        time.sleep(max(0.0, limit - LAST))
        answered = say(env, "SELECT 1", within=stay + 60)
        served = time.monotonic() - began
        freed = seconds_until(lambda: backends(env, server, IDLE) == 0, max(0.0, stay - served))
        ended = None if freed is None else time.monotonic() - began
    return stuck_verdict(answered, served, ended, limit=limit, held=database.pool)


def stuck_verdict(
    answered: Answered, served: float, ended: float | None, *, limit: float, held: int
) -> Verdict:
    """The transactions have to be ended at their time, and then others are served."""
    figures: dict[str, Figure] = {
        "idle_limit_s": limit,
        "stuck": held,
        "next_served_s": round(served, 2),
    }
    stuck = f"{held} client{'s' * (held > 1)} stuck in a transaction"
    if ended is None or max(served, ended) > latest(limit):
        when = f"{max(served, ended or 0):.1f} s"
        return refuted(
            f"{stuck} held the pool for more than {when}: the limit is {limit:g} s", **figures
        )
    if not answered.done.ok:
        return refuted(f"{stuck}: the next client failed: {answered.words}", **figures)
    if answered.seconds < min(limit, LAST) * WAITED:
        return unknown(f"{stuck} did not hold the pool: the next one had not to wait", **figures)
    return proven(
        f"{stuck} were ended, and the next client served, after {served:.1f} s:"
        f" the limit is {limit:g} s",
        domains=(),
        **figures,
    )
