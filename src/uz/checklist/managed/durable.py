"""Whether the database writes down what it acknowledges: by its settings, and by its syncs."""

from uz.checklist.managed.users import COMMIT, as_app
from uz.checklist.syncs import synced
from uz.environment import Environment
from uz.errors import UnhealthyError
from uz.psql import primary
from uz.verdict import Figure, Verdict, proven, refuted, unknown

MUST_BE_ON = ("fsync", "full_page_writes", "data_checksums")
READ_BACK = (
    *MUST_BE_ON, "synchronous_commit", "synchronous_standby_names", "wal_sync_method",
    "in_hot_standby",
)  # fmt: skip
ON_A_REPLICA = {"on", "remote_apply"}
"""Values of synchronous_commit with which a commit waits for a replica's disk."""
COMMITS = 100
WATCHED = 60.0
"""Seconds at most; strace makes each commit slower."""


def _in_effect(env: Environment) -> dict[str, str]:
    """The settings that the app's own sessions have, wherever they were made."""
    names = ", ".join(f"'{name}'" for name in READ_BACK)
    done = as_app(env, f"SELECT name, setting FROM pg_settings WHERE name IN ({names})")
    if not done.ok:
        raise UnhealthyError(f"pgbouncer: {done.tail(1)}", hint="`uz status` says what is down.")
    return dict(line.split("|", 1) for line in done.stdout.splitlines())


def settings(env: Environment) -> Verdict:
    """Read what is in effect for the app, through PgBouncer: a role may differ from the server."""
    assert env.spec.database is not None
    found, waits = _in_effect(env), env.spec.database.synchronous
    figures: dict[str, Figure] = dict(found)
    if missing := set(READ_BACK) - found.keys():
        return unknown(f"the server does not tell {', '.join(sorted(missing))}", **figures)
    if found["in_hot_standby"] == "on":
        return refuted("PgBouncer leads the app to a replica", **figures)
    off = [name for name in MUST_BE_ON if found[name] != "on"]
    if off:
        return refuted(f"{off[0]} is {found[off[0]]} on the running server", **figures)
    commit, names = found["synchronous_commit"], found["synchronous_standby_names"]
    if commit == "off":
        return refuted("synchronous_commit is off: commits are acknowledged too early", **figures)
    if waits and not names:
        return refuted("replication is to be synchronous, and commits wait for nobody", **figures)
    if waits and commit not in ON_A_REPLICA:
        return refuted(
            f"synchronous_commit is {commit}: no replica's disk is waited for", **figures
        )
    if names and not waits:
        return refuted(f"replication is to be asynchronous, and commits wait: {names}", **figures)
    policy = f"commits wait for {names}" if waits else "commits wait for no replica"
    said = f"{', '.join(MUST_BE_ON)} are on, synchronous_commit is {commit}; {policy}"
    return proven(said, domains=(), **figures)


def syncs(env: Environment) -> Verdict:
    """Watch the primary's calls to sync while the app's role commits, one after another."""
    method = _in_effect(env)["wal_sync_method"]
    if method.startswith("open"):
        return unknown(f"wal_sync_method is {method}: each write syncs, which is no call to see")
    leads = primary(env)
    pid = next((one.pid for one in env.status() if one.name == leads), None)
    if pid is None:
        return unknown(f"{leads} has no process to watch")
    with synced(env, pid, WATCHED) as seen:
        done = as_app(env, *[COMMIT] * COMMITS, within=WATCHED)
    commits = len(done.stdout.split())
    figures: dict[str, Figure] = {"syncs": seen.count, "commits": commits}
    if seen.problem:
        return unknown(seen.problem, **figures)
    if commits < COMMITS:
        return unknown(f"only {commits} of {COMMITS} commits: {done.tail(1)}", **figures)
    if seen.count < commits // 2:  # the log's own writer may be there first, now and then
        return refuted(
            f"{seen.count} syncs for {commits} commits: acknowledged before they are on the disk",
            **figures,
        )
    return proven(
        f"{seen.count} syncs for {commits} commits of the app, one after another: a power failure"
        " loses no acknowledged one, as far as the disk keeps what it was told to sync",
        domains=env.failure_domains(),
        **figures,
    )
