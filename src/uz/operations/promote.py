"""What a switchover and a failover have in common: a standby becomes the primary, others follow."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from uz.environment import Environment
from uz.errors import UnhealthyError, UzError
from uz.psql import ask, console, leads, nodes
from uz.waiting import met

Progress = Callable[[str, str], None]
"""Told what happens: a server, and what became of it."""

TAKEN = 3.0
"""Seconds that the pooler gets to take up who leads; one that does not is started anew."""

Done = TypeVar("Done")

PROMOTION = 60
"""Seconds until a promoted server has to accept writes."""


@dataclass(frozen=True)
class Pool:
    """Where PgBouncer sends the app's queries, and whether it holds them back."""

    port: str
    paused: bool


def most_advanced(env: Environment, candidates: tuple[str, ...], wanted: str) -> str:
    """The standby that has received the most, or the one that was asked for. Raises UzError."""
    running = f"Standbys that run: {', '.join(candidates) or 'none'}."
    if wanted and wanted not in nodes(env):
        servers = ", ".join(nodes(env))
        raise UzError(f"there is no server {wanted!r}", hint=f"Servers: {servers}. {running}")
    if wanted and wanted not in candidates:
        raise UzError(
            f"{wanted} is no standby that runs",
            hint=f"{running} `uz logs {wanted}` says more, `uz up` starts it.",
        )
    if not candidates:
        raise UzError(
            "there is no standby that runs",
            hint="`uz up` starts those that uz.toml asks for (database.replicas); `uz status` says"
            " how they are.",
        )
    received = {one: int(ask(env, one, RECEIVED)) for one in candidates}
    best = max(received, key=lambda one: received[one])
    if wanted and received[wanted] < received[best]:
        raise UzError(
            f"{wanted} lacks {received[best] - received[wanted]} bytes that {best} has",
            hint=f"Choose {best}, or leave --to out.",
        )
    return wanted or best


RECEIVED = """
    SELECT pg_wal_lsn_diff(
        greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0')::bigint"""


def following(env: Environment, but: str = "") -> tuple[str, ...]:
    """Servers in recovery that answer, other than one. Never raises UnhealthyError."""
    return tuple(node for node in nodes(env) if node != but and leads(env, node) is False)


def promote(env: Environment, node: str) -> None:
    """Have a standby become the primary. Raises UnhealthyError where it does not."""
    answer = ask(env, node, f"SELECT pg_promote(true, {PROMOTION})", within=PROMOTION + 10)
    if answer != "t":
        raise UnhealthyError(
            f"{node} was not promoted within {PROMOTION} s", hint=f"`uz logs {node}` says more."
        )


def follow(env: Environment, leader: str) -> None:
    """Tell pooler and standbys who leads now."""
    for node in nodes(env):
        if node != leader:
            ask(env, leader, _SLOT.format(slot=node.replace("-", "_")))
    _pooler_follows(env, str(env.address(leader).port))
    for node in following(env, leader):
        ask(env, node, "SELECT pg_reload_conf()")


_SLOT = """
    SELECT pg_create_physical_replication_slot('{slot}', true)
    WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{slot}')"""


def pooled(env: Environment) -> Pool | None:
    """What PgBouncer does with the app's queries; nothing where it does not answer."""
    try:
        lines = console(env, "SHOW DATABASES", within=10).splitlines()
    except UnhealthyError:
        return None
    rows = [line.split("|") for line in lines]
    return next((Pool(row[2], row[-2] == "1") for row in rows if row[0] == "app"), None)


def resume(env: Environment) -> None:
    """Let held queries go. Raises UnhealthyError where they are still held."""
    try:
        console(env, "RESUME app")
    except UnhealthyError:
        pool = pooled(env)  # one that was started meanwhile holds nothing
        if pool and pool.paused:
            raise


def _pooler_follows(env: Environment, port: str) -> None:
    """RELOAD says yes to a file that it cannot read: so look where the pooler leads."""

    def leads() -> bool:
        try:
            console(env, "RELOAD")
        except UnhealthyError:
            return False
        pool = pooled(env)
        return pool is not None and pool.port == port

    if met(leads, TAKEN):
        return
    env.stop("pgbouncer")
    env.start("pgbouncer")
    if not met(leads, TAKEN):
        raise UnhealthyError(
            f"PgBouncer does not take the primary on port {port}",
            hint="`uz logs pgbouncer` says why; `uz up` tries again.",
        )


def rejoined(
    env: Environment, which: tuple[str, ...], leader: str, progress: Progress
) -> dict[str, str]:
    """Start servers that are to follow; return why some do not."""
    trouble = {}
    for node in sorted(which):
        try:
            env.start(node)
            progress(node, f"follows {leader}")
        except UzError as error:
            trouble[node] = str(error)
            progress(node, "does not follow yet")
    return trouble


def to_its_end(action: Callable[[], Done]) -> Done:
    """Do what must not be left half done: an interruption is heard when it is over."""
    with ThreadPoolExecutor(1) as one:
        return one.submit(action).result()
