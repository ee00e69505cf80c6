"""More clients at once than the server takes, all of them served by a pool."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from uz.checklist.pooling.clients import Load, database_of, pgbench
from uz.checklist.pooling.pooler import backends
from uz.environment import Environment
from uz.psql import ask, primary
from uz.verdict import Figure, Verdict, proven, refuted, unknown

STATEMENT = 10
"""Milliseconds that each client keeps a connection."""
SHARE = 5
"""After the first rush the crowd wants at most this part of the pool: one fifth."""
LONGEST = 4.0
"""Seconds that the crowd stays, at the least."""


@dataclass(frozen=True)
class Crowd:
    """How many clients, and how they behave; times in milliseconds."""

    clients: int
    pause: int
    stay: int

    @property
    def patience(self) -> int:
        """Longest that a transaction and the pause after it may take. Who has to wait until others
        have left gets its turn only after the whole stay."""
        return self.stay * 6 // 10

    @property
    def script(self) -> str:
        """A short statement, and then nothing: a connection that is kept is of no use to others."""
        return f"SELECT pg_sleep({STATEMENT / 1000});\n\\sleep {self.pause} ms"


def planned(limit: int, pool: int) -> Crowd:
    """One client more than a server with this limit takes; gentle enough for others to work."""
    clients = limit + 1
    pause = max(100, clients * STATEMENT * SHARE // pool)
    return Crowd(clients, pause, max(round(LONGEST * 1000), 5 * pause))


def crowd(env: Environment) -> Verdict:
    """Let a crowd come by the app's URL, and count its connections at the server meanwhile."""
    pool, server = database_of(env).pool, primary(env)
    limit = int(ask(env, server, "SHOW max_connections"))
    plan = planned(limit, pool)
    options = ("-T", str(plan.stay // 1000), "-L", str(plan.patience))
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(
            pgbench, env, plan.script, *options, clients=plan.clients, within=60 + plan.stay / 250
        )
        peak = highest(lambda: backends(env, server), coming)
    return judged(plan, coming.result(), limit=limit, peak=peak, pool=pool)


def highest(count: Callable[[], int], running: Future[Load]) -> int:
    """The most that was counted while something ran."""
    peak = 0
    while not running.done():
        peak = max(peak, count())
    return peak


def judged(plan: Crowd, load: Load, *, limit: int, peak: int, pool: int) -> Verdict:
    """Every client was served while the others stayed, and the server saw no more than the pool."""
    figures: dict[str, Figure] = {
        "clients": plan.clients,
        "max_connections": limit,
        "peak": peak,
        "pool": pool,
        "failed": load.failed,
        "late": load.late,
        "served": load.processed,
    }
    at_once = f"{plan.clients} clients at once"
    if load.problem or load.failed:
        return refuted(f"{at_once} were not all served: {load.problem or load.failed}", **figures)
    if plan.clients <= limit:
        return unknown(f"{at_once} are no more than the server takes: {limit}", **figures)
    if load.late:
        return refuted(
            f"{at_once}: {load.late} waited more than {plan.patience / 1000:g} s for a connection"
            " while others did nothing with theirs",
            **figures,
        )
    if load.processed < plan.clients or peak == 0:
        return unknown(f"{at_once} sent too little to judge by: {load.processed}", **figures)
    if peak > pool:
        return refuted(f"{at_once} took {peak} connections of a pool of {pool}", **figures)
    return proven(
        f"{at_once} served over {peak} of {pool} connections (the server takes {limit})",
        domains=(),
        **figures,
    )
