"""Whether the database's replicas have what was written, and what a commit waits for."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from uz.checklist.managed.users import COMMIT, problem
from uz.checklist.replicas import copied, counted
from uz.environment import Environment
from uz.errors import UzError
from uz.psql import ask, primary, standbys
from uz.verdict import Verdict, refuted
from uz.waiting import met, seconds_until

SCHEMA = "uz_proof"
LAG_LIMIT = 5.0
"""Seconds in which a row has to be on every replica; asking takes a part of them."""
HELD = 5.0
"""Seconds in which a write is acknowledged that waits for no replica."""
LATER = 60.0
"""Seconds in which a write is acknowledged or refused after the replicas are back."""
LOCAL = "SET synchronous_commit = local; "
"""A table of proofs comes and goes without waiting for a replica."""


@contextmanager
def proof_table(env: Environment, columns: str) -> Iterator[str]:
    """A table of Uz's own on the primary, outside the app's database; it is dropped again."""
    drop = f"SET client_min_messages = warning; {LOCAL}DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"
    name = f"{SCHEMA}.written"
    ask(env, primary(env), f"{drop}; CREATE SCHEMA {SCHEMA}; CREATE TABLE {name} ({columns})")
    try:
        yield name
    finally:
        ask(env, primary(env), drop)


def replicated(env: Environment) -> Verdict:
    """Write a row on the primary, and wait until each replica has it."""
    leads, followers = primary(env), standbys(env)
    if not followers:
        return refuted("there is no replica")
    slowest = 0.0
    with proof_table(env, "token text") as table:
        for follower in followers:
            token = secrets.token_hex(16)
            ask(env, leads, f"{LOCAL}INSERT INTO {table} VALUES ('{token}')")
            lag = seconds_until(lambda f=follower, t=token: _has(env, f, table, t), LAG_LIMIT)  # type: ignore[misc]
            if lag is None:
                return refuted(f"{follower} does not have a row after {LAG_LIMIT:g} s")
            slowest = max(slowest, lag)
    said = f"a row is on {counted(len(followers))} after at most {slowest * 1000:.0f} ms"
    return copied(env, said, replicas=len(followers), lag_ms=round(slowest * 1000, 1))


def _has(env: Environment, node: str, table: str, token: str) -> bool:
    try:
        return ask(env, node, f"SELECT 1 FROM {table} WHERE token = '{token}'", within=5) == "1"
    except UzError:
        return False  # it does not run, or does not have the table yet


@contextmanager
def all_stopped(env: Environment, services: tuple[str, ...]) -> Iterator[None]:
    """Take several services away; each is started again and ready when the block is left."""
    with ExitStack() as undo:
        for service in services:
            undo.callback(env.start, service)
            env.stop(service)
        yield


def policy(env: Environment) -> Verdict:
    """Stop every replica, write as the app does, and see whether that is acknowledged."""
    assert env.spec.database is not None
    followers, waits = standbys(env), env.spec.database.synchronous
    if not followers:
        return refuted("there is no replica")
    with ThreadPoolExecutor(1) as beside:
        with all_stopped(env, followers):
            write = beside.submit(problem, env, COMMIT, LATER)
            answered = seconds_until(write.done, HELD)
        if answered is not None and not waits:
            return _acknowledged(env, write.result(), answered, followers)
        back = seconds_until(write.done, LATER)
    if not waits:
        return refuted("a write waits for a replica, though replication is asynchronous")
    if answered is not None and not write.result():
        return refuted(f"a write was acknowledged after {answered:.1f} s while no replica ran")
    return _released(env, write.result(), answered, back)


def _acknowledged(
    env: Environment, error: str, answered: float, followers: tuple[str, ...]
) -> Verdict:
    """Asynchronous: acknowledged at once, and what that costs."""
    if error:
        return refuted(f"a write failed while no replica ran: {error}")
    return copied(
        env,
        f"with {counted(len(followers))} stopped a write is acknowledged after {answered:.1f} s"
        " (lost, should the primary be lost for good before a replica has it)",
        acknowledged_s=round(answered, 2),
    )


def _released(env: Environment, error: str, answered: float | None, back: float | None) -> Verdict:
    """Synchronous: nothing was acknowledged without a replica; writes go on with one."""
    if error and not met(lambda: not problem(env, COMMIT, HELD), LATER):
        return refuted("writes are not acknowledged although the replicas are back")
    held = HELD if answered is None else answered
    said = f"while no replica ran, a write was held for {held:.1f} s, "
    if error:
        said += f"then refused ({error}); with a replica, the next one was acknowledged"
    else:
        said += f"and acknowledged {back or 0:.1f} s after one was back"
    return copied(env, said, held_s=round(held, 2))
