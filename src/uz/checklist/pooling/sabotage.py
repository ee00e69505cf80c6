"""What breaks the pool or its limits, each in a way that looks right from outside."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from uz.checklist.pooling.clients import database_of, say
from uz.checklist.pooling.pooler import renew
from uz.checklist.pooling.statements import own_doing
from uz.environment import Environment
from uz.errors import UzError
from uz.psql import ask, primary
from uz.stack import Role

INI = "pgbouncer/pgbouncer.ini"


def past_the_pool(env: Environment) -> AbstractContextManager[None]:
    """Point the app at the server itself."""
    folder = env.stack.service(env.instances(Role.WEB)[0]).folder
    pooler, server = (f":{env.address(name).port}/" for name in ("pgbouncer", primary(env)))
    return env.amended(
        f"credentials/{folder}/database-url", lambda text: text.replace(pooler, server)
    )


def session_mode(env: Environment) -> AbstractContextManager[None]:
    """Lend a connection for as long as the client stays."""
    return env.amended(INI, lambda text: _mode(text, "session"))


def statement_mode(env: Environment) -> AbstractContextManager[None]:
    """Lend a connection for one statement, so that no transaction is possible."""
    return env.amended(INI, lambda text: _mode(text, "statement"))


def _mode(text: str, mode: str) -> str:
    return text.replace("pool_mode = transaction", f"pool_mode = {mode}")


def no_statement_limit(env: Environment) -> AbstractContextManager[None]:
    """Let statements run on: at the server, or at PgBouncer where that is what cuts them."""
    if database_of(env).synchronous:
        return _no_query_timeout(env)
    return without(env, "statement_timeout")


@contextmanager
def no_idle_limit(env: Environment) -> Iterator[None]:
    """Let transactions stand open for ever. Where PgBouncer cuts statements, it counts from the
    last one on, and ends a transaction that is idle too."""
    with ExitStack() as undone:
        if database_of(env).synchronous:
            undone.enter_context(_no_query_timeout(env))
        undone.enter_context(without(env, "idle_in_transaction_session_timeout"))
        yield


def _no_query_timeout(env: Environment) -> AbstractContextManager[None]:
    line = f"query_timeout = {database_of(env).statement_timeout.total_seconds():g}\n"
    return env.amended(INI, lambda text: text.replace(line, "query_timeout = 0\n"))


@contextmanager
def without(env: Environment, limit: str) -> Iterator[None]:
    """Take a limit from the app's role, on the connections that the pool has already too."""
    server = primary(env)
    before = _limit(env, server, limit)
    if not before:
        raise UzError(f"the role app has no {limit}: the control would prove nothing")
    try:
        ask(env, server, f"ALTER ROLE app RESET {limit}")
        renew(env)
        yield
    finally:
        ask(env, server, f"ALTER ROLE app SET {limit} = '{before}'")
        renew(env)


def _limit(env: Environment, server: str, name: str) -> str:
    """What the role's own settings say of a limit; nothing where they do not."""
    settings = ask(env, server, "SELECT unnest(rolconfig) FROM pg_roles WHERE rolname = 'app'")
    pairs = (line.partition("=") for line in settings.splitlines())
    return next((value for key, _, value in pairs if key == name), "")


@contextmanager
def unsafe_client(env: Environment) -> Iterator[None]:
    """Be an app that prepares a statement and uses it when PgBouncer has another connection, as it
    has each hour at the latest."""
    with own_doing(env):
        say(env, "PREPARE uz_proof AS SELECT 1", within=30)
        renew(env)
        say(env, "EXECUTE uz_proof", within=30)
        yield
