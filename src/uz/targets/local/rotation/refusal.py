"""The proof at the end of a rotation: every server lets in by the new password, and not by the old.

Tried as a client would, by the real clients and past all that Uz itself knows.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from uz.components.rotating import Record
from uz.environment import Environment
from uz.errors import ProgramError, UnhealthyError
from uz.psql import nodes
from uz.secret import Secret
from uz.shell import run
from uz.waiting import met

SOON = 15.0
"""Seconds in which a standby has to know of it as well."""
ANSWER = 10.0
"""Seconds that one login may take."""
REFUSED = ("authentication failed", "does not exist", "not permitted to log in")
"""How PostgreSQL and PgBouncer say no to a password, or to the role itself."""

Try = Callable[[Secret], str]
"""Logs in by a password: `in` or `refused`; anything else is why that could not be told."""


@dataclass(frozen=True)
class Door:
    """A server, and how it is tried."""

    server: str
    tried: Try


def refused_by(env: Environment, name: str, one: Record) -> tuple[str, ...]:
    """The servers that know the new value and refuse the old one: all that open with it.

    Raises UnhealthyError where one does not.
    """
    found = doors(env, name)
    for door in found:
        _has_to(door, name, one.new, "in", "the new")
        _has_to(door, name, one.old, "refused", "the old")
    return tuple(door.server for door in found)


def doors(env: Environment, name: str) -> tuple[Door, ...]:
    """Where a password of Uz's own opens something."""
    store, _, user = name.partition("/")
    if store == "redis":
        servers = [one.name for one in env.stack.services if one.program == "redis-server"]
        return tuple(Door(server, redis_login(env, server, user)) for server in servers)
    if store != "database":
        return ()
    found = [Door(node, psql_login(env, node, user, "postgres")) for node in nodes(env)]
    pooled = {"app": "app", "monitoring": "pgbouncer", "pgbouncer": "app"}
    if user in pooled:
        found.append(Door("pgbouncer", psql_login(env, "pgbouncer", user, pooled[user])))
    return tuple(found)


def _has_to(door: Door, name: str, secret: Secret, answer: str, which: str) -> None:
    seen = [""]

    def so() -> bool:
        seen[0] = door.tried(secret)
        return seen[0] == answer

    if not met(so, SOON):
        what = {"in": "still lets in", "refused": "refuses"}.get(seen[0])
        told = f"{what} by {which} value" if what else f"cannot be asked about {which}: {seen[0]}"
        raise UnhealthyError(
            f"{name}: {door.server} {told}",
            hint=f"`uz status`; then `uz secrets rotate {name}` goes on where this ended.",
        )


def redis_login(env: Environment, server: str, user: str) -> Try:
    """Log in to a Redis."""
    address = env.address(server)

    def tried(secret: Secret) -> str:
        client = redis.Redis(
            host=address.host, port=address.port, username=user,
            password=secret.reveal().decode(), socket_timeout=ANSWER,
            retry=Retry(NoBackoff(), 0),  # a refusal would be tried again, for seconds
        )  # fmt: skip
        try:
            with client:
                client.ping()
        except redis.AuthenticationError:
            return "refused"
        except redis.RedisError as error:
            return type(error).__name__
        return "in"

    return tried


def psql_login(env: Environment, server: str, user: str, database: str) -> Try:
    """Log in to PostgreSQL or PgBouncer, over TCP."""
    address = env.address(server)
    command = "SHOW VERSION" if database == "pgbouncer" else "SELECT 1"

    def tried(secret: Secret) -> str:
        own = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C",
            "PGPASSWORD": secret.reveal().decode(),
            "PGCONNECT_TIMEOUT": "5",
        }
        try:
            done = run(
                ["psql", "-XAtqw", "-h", address.host, "-p", str(address.port), "-U", user,
                 "-d", database, "-c", command],
                timeout=ANSWER, environment=own,
            )  # fmt: skip
        except ProgramError as error:
            return str(error)
        if done.ok:
            return "in"
        return "refused" if any(words in done.stderr for words in REFUSED) else done.tail(1)

    return tried
