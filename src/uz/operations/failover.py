"""`uz failover`: the primary is lost, and a standby takes its place."""

from collections.abc import Callable
from dataclasses import dataclass

from uz.environment import Environment
from uz.errors import UnhealthyError, UzError
from uz.operations.promote import (
    Progress,
    follow,
    following,
    most_advanced,
    pooled,
    promote,
    rejoined,
    resume,
    to_its_end,
)
from uz.operations.settle import recorded, settle
from uz.psql import ask, nodes, primaries
from uz.waiting import met

AWAKE = 20.0
"""Seconds that a standby that was down gets to answer; it needs no primary for that."""

COMING_BACK = ("is starting up", "in recovery mode", "not yet accepting")
"""What a server says while it recovers from a crash."""
WAIT = "\nIt is coming back, with all that it has: wait for that, if you can."

Begin = Callable[[str], None]
"""Starts a server and does not wait for it: a standby is not ready while nobody leads."""


@dataclass(frozen=True)
class FailedOver:
    """Who leads now, and why each server that led before does not follow yet."""

    after: str
    trouble: dict[str, str]


def lost(env: Environment) -> str:
    """The server that led, and what it says now. Raises UzError where a primary answers."""
    alive = primaries(env)
    pool = pooled(env)
    if alive and pool and pool.port not in {str(env.address(one).port) for one in alive}:
        return f"{alive[0]} is the primary, and PgBouncer was not told yet"
    if alive:
        raise UzError(
            f"{alive[0]} is the primary, and answers: nothing was changed",
            hint="`uz switchover` takes its place without a loss; `uz up` mends what else is down.",
        )
    leader = recorded(env)
    if not leader:
        return "no primary answers"
    try:
        ask(env, leader, "SELECT")
    except UnhealthyError as error:
        said = f"the primary does not answer: {error}"
        return said + (WAIT if any(words in said for words in COMING_BACK) else "")
    return f"{leader} is to be the primary, and is not"


def failover(env: Environment, to: str, progress: Progress, begin: Begin) -> FailedOver:
    """Make a standby the primary while no primary answers.

    Every server that is no standby is stopped first, so that there are never two primaries.
    Raises UzError where one still answers, or there is no standby.
    """
    finished = settle(env, progress, start=False)
    if finished and to in {"", finished}:
        absent = tuple(set(nodes(env)) - {finished, *following(env)})
        return FailedOver(finished, rejoined(env, absent, finished, progress))
    lost(env)
    standing = _woken(env, begin)
    most_advanced(env, standing, to)
    _quorum(env, standing, to)
    others = tuple(node for node in nodes(env) if node not in standing)
    after = to_its_end(lambda: _taken_over(env, standing, others, to, progress))
    return FailedOver(after, rejoined(env, others, after, progress))


def _woken(env: Environment, begin: Begin) -> tuple[str, ...]:
    """The standbys, those included that were down: `uz up` starts none where the primary fails."""
    standing, leader = following(env), recorded(env)
    down = [node for node in nodes(env) if node not in {leader, *standing}]
    if leader not in standing and _never_promoted(env, leader):
        env.lead(next(node for node in nodes(env) if node != leader))
        down.append(leader)
    for node in down:
        begin(node)
    if down:
        met(lambda: set(down) <= set(following(env)), AWAKE)
    return following(env)


def _never_promoted(env: Environment, leader: str) -> bool:
    """Whether a server was to lead, and went down before it did: it starts as a standby only."""
    signal = f"{env.folder}/data/database/{leader}/standby.signal"
    return bool(leader) and env.run("test", "-e", signal).ok


def _quorum(env: Environment, standing: tuple[str, ...], to: str) -> None:
    """Where a commit waited for any one standby, only all of them together have every commit."""
    database, leader = env.spec.database, recorded(env)
    away = [node for node in nodes(env) if node not in {leader, *standing}]
    if database and database.synchronous and away and not to:
        raise UzError(
            f"{' and '.join(away)} does not answer, and may alone have what was acknowledged last",
            hint=f"`uz logs {away[0]}` says why. `--to {standing[0]}` does without it.",
        )


def _taken_over(
    env: Environment,
    standing: tuple[str, ...],
    others: tuple[str, ...],
    to: str,
    progress: Progress,
) -> str:
    for node in others:
        env.stop(node)
        progress(node, "kept down")
    after = most_advanced(env, standing, to)  # one that hung may have sent its last until now
    env.lead(after)
    promote(env, after)
    progress(after, "is the primary")
    follow(env, after)
    pool = pooled(env)
    if pool and pool.paused:
        resume(env)
    progress("pgbouncer", f"leads to {after}")
    return after
