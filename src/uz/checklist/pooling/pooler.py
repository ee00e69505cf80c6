"""PgBouncer's own console, and the pool as the server sees it."""

from uz.environment import Environment
from uz.errors import UnhealthyError
from uz.psql import ask, primary
from uz.waiting import met

RENEWED = 20.0
"""Seconds in which all connections of the pool have to be new ones."""


def console(env: Environment, command: str) -> str:
    """Have PgBouncer do something, by its private socket. Raises UnhealthyError."""
    port = str(env.address("pgbouncer").port)
    socket = f"{env.folder}/run/pgbouncer"
    done = env.run(
        "env", "PGCONNECT_TIMEOUT=5", "psql", "-XAtqw", "-v", "ON_ERROR_STOP=1",
        "-h", socket, "-p", port, "-U", "pgbouncer", "-d", "pgbouncer", "-c", command, timeout=30,
    )  # fmt: skip
    if not done.ok:
        raise UnhealthyError(
            f"pgbouncer: {done.tail(1)}", hint="`uz logs pgbouncer` says what it does."
        )
    return done.stdout.strip()


def backends(env: Environment, server: str, where: str = "true") -> int:
    """How many connections of the app a server has, of those for which the condition holds."""
    sql = f"SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND ({where})"
    return int(ask(env, server, sql, within=10))


def now(env: Environment, server: str) -> str:
    """The server's clock, as SQL can read it again."""
    return ask(env, server, "SELECT clock_timestamp()")


def renew(env: Environment) -> None:
    """Have PgBouncer replace its connections, each as soon as it is free: so that new limits of
    the role hold on all of them, and nothing that was prepared is left. Raises UnhealthyError."""
    server = primary(env)
    since = now(env, server)
    console(env, "RECONNECT")
    if not met(lambda: backends(env, server, f"backend_start < '{since}'") == 0, RENEWED):
        raise UnhealthyError(f"pgbouncer still has old connections {RENEWED:g} s after RECONNECT")
