"""The database broken on purpose: each of these only looks managed."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from uz.environment import Environment, stopped
from uz.errors import UnhealthyError, UzError
from uz.psql import ask, primary, standbys
from uz.spec import Kind
from uz.waiting import met

TAKEN_UP = 10.0
"""Seconds in which a server takes up a changed setting, or lets go of a slot."""


@contextmanager
def altered(env: Environment, node: str, **settings: str) -> Iterator[None]:
    """Change settings of a running server, and change them back."""
    if env.kind is not Kind.REHEARSAL:
        raise UzError(f"{env.name} is no rehearsal: nothing is broken on purpose here")
    try:
        for name, value in settings.items():
            ask(env, node, f"ALTER SYSTEM SET {name} = '{value}'")
        ask(env, node, "SELECT pg_reload_conf()")
        for name, value in settings.items():
            _wait(lambda n=name, v=value: ask(env, node, f"SHOW {n}") == v, f"{node}: {name}")  # type: ignore[misc]
        yield
    finally:
        for name in settings:
            ask(env, node, f"ALTER SYSTEM RESET {name}")
        ask(env, node, "SELECT pg_reload_conf()")


def _wait(holds: Callable[[], bool], what: str) -> None:
    if not met(holds, TAKEN_UP):
        raise UnhealthyError(f"{what} did not change in {TAKEN_UP:g} s")


def _replica(env: Environment) -> str:
    followers = standbys(env)
    if not followers:
        raise UzError("there is no replica to take away")
    return followers[0]


def acknowledged_early(env: Environment) -> AbstractContextManager[None]:
    """Acknowledge commits before they are written."""
    return altered(env, primary(env), synchronous_commit="off")


def written_later(env: Environment) -> AbstractContextManager[None]:
    """Acknowledge commits before they are written, and write them seconds later."""
    return altered(env, primary(env), synchronous_commit="off", wal_writer_delay="10s")


def torn_pages(env: Environment) -> AbstractContextManager[None]:
    """Leave out the copies that mend half-written pages after a power failure."""
    return altered(env, primary(env), full_page_writes="off")


@contextmanager
def app_excepted(env: Environment) -> Iterator[None]:
    """Have the app's role, alone, not wait for its commits."""
    leads = primary(env)
    ask(env, leads, "ALTER ROLE app SET synchronous_commit = off")
    try:
        _new_sessions(env, leads)
        yield
    finally:
        ask(env, leads, "ALTER ROLE app RESET synchronous_commit")
        _new_sessions(env, leads)


def _new_sessions(env: Environment, node: str) -> None:
    """A role's settings count from the next login: so PgBouncer has to log in again."""
    ask(
        env, node, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE usename = 'app'",
    )  # fmt: skip


@contextmanager
def never_synced(env: Environment) -> Iterator[None]:
    """Leave syncing to the kernel, which does it when it likes."""
    with env.amended(
        "database/postgresql.conf", lambda text: text.replace("fsync = on", "fsync = off")
    ):
        yield


@contextmanager
def slot_dropped(env: Environment) -> Iterator[None]:
    """Drop the slot by which a replica follows: it never gets what comes now."""
    leads, slot = primary(env), _replica(env).replace("-", "_")
    there = f"FROM pg_replication_slots WHERE slot_name = '{slot}'"

    def dropped() -> bool:
        ask(env, leads, f"SELECT pg_terminate_backend(active_pid, 5000) {there} AND active")
        ask(env, leads, f"SELECT pg_drop_replication_slot(slot_name) {there} AND NOT active")
        return ask(env, leads, f"SELECT 1 {there}") == ""

    try:
        _wait(dropped, f"{leads}: slot {slot}")
        yield
    finally:
        ask(
            env, leads, f"SELECT pg_create_physical_replication_slot('{slot}', true)"
            f" WHERE NOT EXISTS (SELECT {there})",
        )  # fmt: skip


def detached(env: Environment) -> AbstractContextManager[None]:
    """Let a replica follow nobody: it answers, with old data."""
    return altered(env, _replica(env), primary_conninfo="host=127.0.0.1 port=1")


def replica_down(env: Environment) -> AbstractContextManager[None]:
    """Stop a replica."""
    return stopped(env, _replica(env))


@contextmanager
def pooler_gives_up(env: Environment) -> Iterator[None]:
    """Have PgBouncer not try again for an hour once the primary was away."""
    with env.amended(
        "pgbouncer/pgbouncer.ini",
        lambda text: text.replace("server_login_retry = 1\n", "server_login_retry = 3600\n"),
    ):
        yield


@contextmanager
def leads_to_replica(env: Environment) -> Iterator[None]:
    """Have PgBouncer lead the app to a replica, so that users miss it."""
    server = env.address(_replica(env))
    to = f"[databases]\napp = host={server.host} port={server.port} dbname=app auth_user=pgbouncer"
    with env.amended(
        "pgbouncer/pgbouncer.ini",
        lambda text: text.replace("%include data/database/pgbouncer.ini", to),
    ):
        yield


def other_policy(env: Environment) -> AbstractContextManager[None]:
    """Let commits wait for a replica where they should not, and for none where they should."""
    assert env.spec.database is not None
    named = ", ".join(node.replace("-", "_") for node in standbys(env))
    names = "" if env.spec.database.synchronous else f"ANY 1 ({named})"
    return altered(env, primary(env), synchronous_standby_names=names)
