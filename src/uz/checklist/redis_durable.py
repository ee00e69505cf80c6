"""Item 14: what Redis acknowledged is still there after a crash, and on the replica."""

import secrets
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial

import redis

from uz.checklist.item import Control, Experiment
from uz.checklist.replicas import copied, counted, no_redis_replica
from uz.checklist.syncs import synced
from uz.environment import Environment, killed, stopped
from uz.evidence import Effect
from uz.verdict import Figure, Verdict, proven, refuted, unknown
from uz.waiting import seconds_until

PREFIX = "uz:proof:"
WRITES = 200
LAG_LIMIT = 5.0
"""Seconds in which a write has to be on every replica."""
WATCHED = 3.0
"""Seconds that syncs are watched: `everysec` has to sync at least once in them."""


class RedisDurable:
    """Writes that Redis acknowledged survive a crash, are on the replica, and are synced.

    A Redis without its append-only file forgets everything since the last snapshot. And that it
    survives `kill -9` proves little: the kernel still holds what the process wrote, and a power
    failure would not. So Uz kills the primary in the middle of writes and looks for every one that
    was acknowledged; reads the settings in effect, not those in the file; and watches the server's
    own calls to sync while writes come in. With `sync = "everysec"` a power failure may still cost
    the last second, and the evidence says so.
    """

    id = "redis.durable"
    line = "Redis has persistence and replication"
    fix = 'Keep `appendonly yes`, a `sync` of "everysec" or "always", and at least one replica.'
    needs: tuple[str, ...] = ("redis",)
    inputs = ("redis", "redis-replica-1", "[redis]")
    max_age = timedelta(days=7)

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """Settings, replication, syncs and a crash."""
        return (
            Experiment("settings", Effect.OBSERVE, "the settings in effect are durable", settings),
            Experiment("replicated", Effect.PROBE, "writes reach every replica", replicated),
            Experiment("synced", Effect.DISRUPT, "the server is seen to sync", syncs),
            Experiment("survives-crash", Effect.DISRUPT, "kill -9 loses no write", crash),
        )

    @property
    def controls(self) -> tuple[Control, ...]:
        """Each a Redis that only looks durable."""
        of_replica = partial(Control, catches="replicated", unfit=no_redis_replica)
        return (
            Control("aof-off", "nothing is written down", "survives-crash", aof_off),
            Control("setting-changed", "append-only file off at run time", "settings", aof_off),
            Control("never-synced", "appendfsync no", "synced", never_synced),
            of_replica("replica-detached", "the replica follows nobody", sabotage=detached),
            of_replica("replica-down", "the replica does not run", sabotage=replica_down),
        )


def _client(env: Environment, service: str = "redis") -> redis.Redis:
    address = env.address(service)
    return redis.Redis(
        host=address.host,
        port=address.port,
        username="admin",
        password=env.secret("redis/admin").reveal().decode(),
        socket_timeout=5,
        decode_responses=True,
    )


def _replicas(env: Environment) -> tuple[str, ...]:
    return tuple(s.name for s in env.stack.services if s.name.startswith("redis-replica-"))


def settings(env: Environment) -> Verdict:
    """Read what is in effect on the running server."""
    with _client(env) as client:
        found = {**client.config_get("appendonly"), **client.config_get("appendfsync")}
        persistence = client.info("persistence")
    if found.get("appendonly") != "yes":
        return refuted("the append-only file is off on the running server", **found)
    if found.get("appendfsync") not in {"everysec", "always"}:
        return refuted(f"appendfsync is {found.get('appendfsync')}: nothing is synced", **found)
    if persistence.get("aof_last_write_status") != "ok":
        return refuted(f"the last write to the file: {persistence.get('aof_last_write_status')}")
    return proven(f"appendonly yes, appendfsync {found['appendfsync']} in effect", **found)


def replicated(env: Environment) -> Verdict:
    """Write, and wait until each replica has it."""
    replicas = _replicas(env)
    if not replicas:
        return refuted("there is no replica")
    slowest = 0.0
    for replica in replicas:
        with _client(env) as primary, _client(env, replica) as follower:
            key, value = f"{PREFIX}{secrets.token_hex(8)}", secrets.token_hex(16)
            primary.set(key, value, px=60_000)
            try:
                lag = seconds_until(lambda f=follower, k=key, v=value: f.get(k) == v, LAG_LIMIT)  # type: ignore[misc]
            except redis.ConnectionError as error:
                return refuted(f"{replica} does not answer: {error}")
        if lag is None:
            return refuted(f"{replica} does not have a write after {LAG_LIMIT:g} s")
        slowest = max(slowest, lag)
    said = f"a write is on {counted(len(replicas))} after {slowest * 1000:.0f} ms"
    return copied(env, said, replicas=len(replicas), lag_ms=round(slowest * 1000, 1))


def syncs(env: Environment) -> Verdict:
    """Watch the server's calls to sync while writes come in."""
    pid = next((one.pid for one in env.status() if one.name == "redis"), None)
    if pid is None:
        return unknown("Redis has no process to watch")
    with _client(env) as client, synced(env, pid, WATCHED) as seen:
        end, written = time.monotonic() + WATCHED, 0
        while time.monotonic() < end:
            client.set(f"{PREFIX}sync", written, px=60_000)
            written += 1
            time.sleep(0.02)
    if seen.problem:
        return unknown(seen.problem)
    figures: dict[str, Figure] = {"syncs": seen.count, "writes": written, "watched_s": WATCHED}
    if seen.count == 0:
        return refuted(f"not one sync in {WATCHED:g} s with {written} writes", **figures)
    every = seen.count >= written
    loss = "no acknowledged write" if every else "up to a second of writes"
    return proven(
        f"{seen.count} syncs for {written} writes in {WATCHED:g} s: a power failure loses {loss}",
        domains=env.failure_domains(),
        **figures,
    )


def crash(env: Environment) -> Verdict:
    """Kill the primary in the middle of writes, and look for every write it acknowledged."""
    run = f"{PREFIX}{secrets.token_hex(4)}:"
    acknowledged = []
    with _client(env) as client:
        for number in range(WRITES):
            client.set(f"{run}{number}", number, px=600_000)
            acknowledged.append(number)
    began = time.monotonic()
    with killed(env, "redis"):
        pass
    away = time.monotonic() - began
    with _client(env) as client:
        found = client.mget([f"{run}{number}" for number in acknowledged])
        client.delete(*(f"{run}{number}" for number in acknowledged))
    lost = sum(value is None for value in found)
    figures: dict[str, Figure] = {
        "acknowledged": len(acknowledged),
        "lost": lost,
        "away_s": round(away, 2),
    }
    if lost:
        return refuted(f"{lost} of {len(acknowledged)} acknowledged writes are lost", **figures)
    return proven(
        f"0 of {len(acknowledged)} acknowledged writes lost by kill -9, back after {away:.1f} s"
        " (speaks for a crash of the process, not of the machine)",
        domains=env.failure_domains(),
        **figures,
    )


@contextmanager
def _set(env: Environment, service: str, key: str, value: str) -> Iterator[None]:
    """Change a setting of the running server, and change it back."""
    with _client(env, service) as client:
        before = client.config_get(key)[key]
        client.config_set(key, value)
    try:
        yield
    finally:
        with _client(env, service) as client:
            client.config_set(key, before)


@contextmanager
def aof_off(env: Environment) -> Iterator[None]:
    """Start the server without its append-only file."""
    with env.amended(
        "redis/redis.conf", lambda text: text.replace("appendonly yes", "appendonly no")
    ):
        yield


def never_synced(env: Environment) -> AbstractContextManager[None]:
    """Leave syncing to the kernel, which does it when it likes."""
    return _set(env, "redis", "appendfsync", "no")


@contextmanager
def detached(env: Environment) -> Iterator[None]:
    """Let the replica go on alone: it answers, with old data."""
    replica = _replicas(env)[0]
    primary = env.address("redis")
    with _client(env, replica) as client:
        client.replicaof("NO", "ONE")
    try:
        yield
    finally:
        with _client(env, replica) as client:
            client.replicaof(primary.host, str(primary.port))


def replica_down(env: Environment) -> AbstractContextManager[None]:
    """Stop the replica."""
    return stopped(env, _replicas(env)[0])
