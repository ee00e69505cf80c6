"""What users see while the database's primary, or a replica, is away."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from uz.checklist.managed.users import COMMIT, READ, Users, served, users
from uz.environment import Environment, stopped
from uz.errors import UzError
from uz.psql import ask, primary, standbys
from uz.verdict import Verdict, proven, refuted
from uz.waiting import seconds_until

STEADY = 2.0
"""Seconds that users are watched before and after, to see the difference."""
RETURN = 60.0
"""Seconds in which a primary that crashed has to be back by itself."""
RECOVERY = 30.0
"""Seconds in which the app has to be healthy again after the primary is back."""
AWAY = 6.0
"""Seconds that a replica is away."""
PATIENCE = 4.0
"""Seconds that a query may take which has nothing to wait for."""


def primary_lost(env: Environment) -> Verdict:
    """Let the primary crash under the eyes of users, and wait until they are served again."""
    leads = primary(env)
    with (
        ThreadPoolExecutor(1) as beside,
        users(env, COMMIT, RECOVERY) as seen,
        _given_back(env, leads),
    ):
        time.sleep(STEADY)
        env.kill(leads)
        beside.submit(seen.query)  # one meets the crash for certain
        away = seconds_until(lambda: _answers(env, leads), RETURN)
        again = None if away is None else seconds_until(lambda: served(env), RECOVERY)
        if again is not None:
            time.sleep(STEADY)
    return _served_again(env, seen, away, again)


def _served_again(
    env: Environment, seen: Users, away: float | None, again: float | None
) -> Verdict:
    figures = seen.figures
    if away is None:
        return refuted(f"the primary is not back {RETURN:g} s after its crash", **figures)
    if again is None:
        return refuted(f"the app is not served {RECOVERY:g} s after the primary is back", **figures)
    return proven(
        f"the primary crashed, was back after {away:.1f} s, and the app was served {again:.1f} s"
        f" later; meanwhile {seen}, errors for {figures['gap_s']} s, and the slowest answer took"
        f" {figures['slowest_s']} s (speaks for a crash of the process, not of the machine)",
        domains=env.failure_domains(),
        **figures,
        primary_away_s=round(away, 2),
        served_after_s=round(again, 2),
    )


@contextmanager
def _given_back(env: Environment, service: str) -> Iterator[None]:
    try:
        yield
    finally:
        if not _answers(env, service):
            env.start(service)


def _answers(env: Environment, node: str) -> bool:
    try:
        return ask(env, node, "SELECT 1", within=5) == "1"
    except UzError:
        return False


def replica_lost(env: Environment) -> Verdict:
    """Stop a replica for some seconds: users must see nothing of that.

    Where writes wait for the only replica, they stop with it, as asked; then reads must go on.
    """
    assert env.spec.database is not None
    followers = standbys(env)
    if not followers:
        return refuted("there is no replica")
    waits = env.spec.database.synchronous and len(followers) == 1
    with users(env, READ if waits else COMMIT, PATIENCE) as seen:
        time.sleep(STEADY)
        with stopped(env, followers[0]):
            time.sleep(AWAY)
        time.sleep(STEADY)
    return _unseen(env, seen, "reads" if waits else "reads and writes")


def _unseen(env: Environment, seen: Users, went_on: str) -> Verdict:
    said = f"{seen} while a replica was stopped for {AWAY:g} s"
    if seen.visits.failed or seen.queries.failed:
        return refuted(f"{said}: {seen.error}", **seen.figures)
    return proven(f"{said}: {went_on} went on", domains=env.failure_domains(), **seen.figures)
