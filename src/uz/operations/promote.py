"""What a switchover and a failover have in common: a standby becomes the primary, others follow."""

from uz.environment import Environment
from uz.errors import UnhealthyError, UzError
from uz.psql import ask, console, nodes
from uz.waiting import met

PROMOTION = 60
"""Seconds until a promoted server has to accept writes."""
STREAMING = 30.0
"""Seconds until a server that follows has to stream."""


def most_advanced(env: Environment, candidates: tuple[str, ...], wanted: str) -> str:
    """The standby that has received the most, or the one that was asked for. Raises UzError."""
    if wanted and wanted not in candidates:
        raise UzError(
            f"{wanted!r} is no standby that runs",
            hint=f"Standbys that run: {', '.join(candidates) or 'none'}.",
        )
    if not candidates:
        raise UzError(
            "there is no standby that runs",
            hint="Set database.replicas in uz.toml and run `uz up`; `uz status` says what is down.",
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


def following(env: Environment, but: str) -> tuple[str, ...]:
    """Servers in recovery that answer, other than one. Never raises UnhealthyError."""

    def follows(node: str) -> bool:
        try:
            return ask(env, node, "SELECT pg_is_in_recovery()", within=10) == "t"
        except UnhealthyError:
            return False

    return tuple(node for node in nodes(env) if node != but and follows(node))


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
    env.lead(leader)
    _pooler_follows(env, str(env.address(leader).port))
    for node in following(env, leader):
        ask(env, node, "SELECT pg_reload_conf()")


_SLOT = """
    SELECT pg_create_physical_replication_slot('{slot}', true)
    WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{slot}')"""


def _pooler_follows(env: Environment, port: str) -> None:
    """RELOAD says yes to a file that it cannot read: so look where the pooler leads."""

    def leads() -> bool:
        console(env, "RELOAD")
        rows = [line.split("|") for line in console(env, "SHOW DATABASES").splitlines()]
        return any(row[0] == "app" and row[2] == port for row in rows)

    if not met(leads, 10):
        raise UnhealthyError(
            f"PgBouncer does not take the primary on port {port}",
            hint="`uz logs pgbouncer` says why; `uz up` restarts it.",
        )


def rejoined(env: Environment, node: str) -> str:
    """Start a server that led before as a standby; return why it does not follow, or nothing."""
    try:
        env.start(node)
    except UzError as error:
        return str(error)
    return ""
