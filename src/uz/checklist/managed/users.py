"""What users and the app see of the database: over HTTPS, and at PgBouncer as the role `app`."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from uz.checklist.pooling import clients
from uz.environment import Environment
from uz.errors import ProgramError
from uz.shell import Completed
from uz.stack import Role
from uz.traffic import Answer, Observer, observed
from uz.verdict import Figure

COMMIT = "SELECT pg_logical_emit_message(true, 'uz', 'proof')"
"""Writes a commit into the log of changes, which is synced and replicated as any other; and leaves
nothing behind in the app's tables."""
READ = "SELECT 1"
QUERIES = 4
"""A second, beside an experiment: each is a login, a query and a farewell."""


def as_app(env: Environment, *statements: str, within: float = 10) -> Completed:
    """Run statements one after another, as the app does: by its own URL, through PgBouncer.

    Raises ProgramError where that takes more than `within` seconds.
    """
    words = ("psql", "-XAtqw", "-v", "ON_ERROR_STOP=1")
    return clients.as_app(env, "\n".join(f"{one};" for one in statements), *words, within=within)


def problem(env: Environment, statement: str, within: float = 10) -> str:
    """Run one statement as the app does; return why it failed, or nothing where it did not."""
    try:
        done = as_app(env, statement, within=within)
    except ProgramError:
        return f"no answer in {within:g} s"
    return "" if done.ok else clients.Answered(done, 0).words


def served(env: Environment) -> bool:
    """Whether the app's processes say they are healthy, and what they write is acknowledged."""
    web = env.instances(Role.WEB)
    well = {one.name for one in env.status() if one.healthy}
    return well.issuperset(web) and not problem(env, COMMIT, 5)


@dataclass(frozen=True)
class Users:
    """What was seen beside an experiment: by visitors of the app, and by the app at PgBouncer."""

    visits: Observer
    queries: Observer
    query: Callable[[], None]
    """Have the app run its statement once more, now."""

    @property
    def figures(self) -> dict[str, Figure]:
        """How many failed, and how long it was bad: `gap_s` from the first error to an answer."""
        sides = (self.visits, self.queries)
        return {
            "requests": self.visits.sent,
            "failed_requests": self.visits.failed,
            "queries": self.queries.sent,
            "failed_queries": self.queries.failed,
            "gap_s": round(max(side.longest_gap() for side in sides), 2),
            "slowest_s": round(max((a.seconds for s in sides for a in s.answers), default=0), 2),
        }

    @property
    def error(self) -> str:
        """One of the errors."""
        every = [*self.queries.answers, *self.visits.answers]
        return next((one.error or str(one.status) for one in every if not one.ok), "")

    def __str__(self) -> str:
        """One clause for a verdict."""
        return (
            f"{self.visits.failed} of {self.visits.sent} requests and"
            f" {self.queries.failed} of {self.queries.sent} queries failed"
        )


@contextmanager
def users(env: Environment, statement: str, patience: float) -> Iterator[Users]:
    """Ask for the app's health page through the edge, and run a statement as the app does, again
    and again while the block runs. A query fails that takes more than `patience` seconds."""
    app, done, queries = env.spec.app, threading.Event(), Observer()

    def query() -> None:
        began = time.monotonic()
        error = problem(env, statement, patience)
        took = time.monotonic() - began
        queries.answers.append(Answer(0 if error else 200, {}, b"", took, began, error))

    def repeat() -> None:
        while not done.wait(1 / QUERIES):
            query()

    thread = threading.Thread(target=repeat, daemon=True)
    with observed(env.address("edge"), app.domain, env.authority(), app.health) as visits:
        thread.start()
        try:
            yield Users(visits, queries, query)
        finally:
            done.set()
            thread.join()
