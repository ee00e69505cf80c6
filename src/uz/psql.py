"""Asking PostgreSQL by its own client, as the superuser, on the servers' private socket."""

from uz.environment import Environment
from uz.errors import ProgramError, UnhealthyError
from uz.stack import Role

QUESTION = 30.0
"""Seconds until an answer has to be there."""


def nodes(env: Environment) -> tuple[str, ...]:
    """The names of the database's servers."""
    servers = (env.stack.service(name) for name in env.instances(Role.SERVER))
    return tuple(one.name for one in servers if one.folder == "database")


def ask(
    env: Environment, node: str, sql: str, *, database: str = "postgres", within: float = QUESTION
) -> str:
    """Have one server run SQL; return what it says, a row a line, columns parted by `|`.

    `within`: seconds. Raises UnhealthyError with the server's own words where it refuses or does
    not answer.
    """
    return _asked(env, node, "database", "postgres", database, sql, within)


def console(env: Environment, command: str, *, within: float = QUESTION) -> str:
    """Give PgBouncer a command, as its administrator. Raises UnhealthyError."""
    return _asked(env, "pgbouncer", "pgbouncer", "pgbouncer", "pgbouncer", command, within)


def _asked(
    env: Environment,
    service: str,
    folder: str,
    user: str,
    database: str,
    sql: str,
    within: float,
) -> str:
    port = str(env.address(service).port)
    try:
        done = env.run(
            "env", "PGCONNECT_TIMEOUT=5", "psql", "-XAtqw", "-v", "ON_ERROR_STOP=1",
            "-h", f"{env.folder}/run/{folder}", "-p", port, "-U", user, "-d", database,
            "-c", sql, timeout=within,
        )  # fmt: skip
    except ProgramError as error:
        raise UnhealthyError(f"{service}: no answer within {within:g} s: {sql[:80]}") from error
    if not done.ok:
        said = done.tail(2).removeprefix("psql: error: ").removeprefix("ERROR:  ")
        raise UnhealthyError(f"{service}: {said}", hint="`uz status` says how the servers are.")
    return done.stdout.strip()


def leads(env: Environment, node: str) -> bool | None:
    """Whether a server is the primary, and not a standby; None where it does not answer."""
    try:
        return ask(env, node, "SELECT pg_is_in_recovery()", within=10) == "f"
    except UnhealthyError:
        return None


def primaries(env: Environment) -> tuple[str, ...]:
    """The servers that say they are the primary: those that answer and follow nobody."""
    return tuple(node for node in nodes(env) if leads(env, node))


def primary(env: Environment) -> str:
    """The server that is the primary. Raises UnhealthyError where none, or more than one, is."""
    found = primaries(env)
    if len(found) != 1:
        what = f"{' and '.join(found)} both say that they are" if found else "no server is"
        raise UnhealthyError(
            f"{what} the primary of the database",
            hint="`uz up` starts the one that should be; where it cannot come back, `uz failover`"
            " promotes a standby.",
        )
    return found[0]


def standbys(env: Environment) -> tuple[str, ...]:
    """The servers that are to follow the primary, whether they do or not."""
    first = primary(env)
    return tuple(node for node in nodes(env) if node != first)
