"""A database that only pretends: its servers keep rows, follow each other, break on demand."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from uz.errors import ProgramError
from uz.shell import Completed
from uz.spec import Database
from uz.stack import Owner
from uz.testing import FakeEnvironment, spec
from uz.traffic import Answer, Observer

GOOD = {
    "fsync": "on",
    "full_page_writes": "on",
    "data_checksums": "on",
    "synchronous_commit": "on",
    "synchronous_standby_names": "",
    "wal_sync_method": "fdatasync",
    "in_hot_standby": "off",
}


class DatabaseStand(FakeEnvironment):
    """A rehearsal whose `psql` answers as the servers would. Tests set what is wrong with them."""

    def __init__(self, **database: Any) -> None:
        """Be healthy, with the second server as the primary: nothing may count on the first."""
        super().__init__(spec("trial", database=database))
        assert isinstance(self.spec.database, Database)
        self.nodes = tuple(f"database-{number}" for number in self.spec.database.nodes)
        self.leads = self.nodes[min(1, len(self.nodes) - 1)]
        self.rows: dict[str, list[str]] = {node: [] for node in self.nodes}
        self.shown = dict(GOOD)
        if self.spec.database.synchronous:
            self.shown["synchronous_standby_names"] = "ANY 1 (database_1)"
        self.followed = True
        self.forgets = 0
        """How many of the last rows a crash costs."""
        self.refused = ""
        """What PgBouncer says to every query."""
        self.asked: list[tuple[str, str]] = []

    def run(self, *argv: str, timeout: float = 60, owner: Owner = Owner.SERVERS) -> Completed:
        """Answer as psql would."""
        del owner
        as_app, said = argv[0] == "sh", list[str]()
        if as_app:
            node, statements = self.leads, argv[5].split("\n")
        else:
            port = int(argv[argv.index("-p") + 1])
            node = next(one for one in self.nodes if self.address(one).port == port)
            statements = [argv[n + 1] for n, word in enumerate(argv) if word == "-c"]
        for statement in statements:
            if problem := self._down(node, as_app):
                return Completed(argv, 2, "\n".join(said), problem)
            self.asked.append(("app" if as_app else node, statement.rstrip(";")))
            said.append(self._answer(node, statement, timeout))
        return Completed(argv, 0, "\n".join(said), "")

    def _down(self, node: str, as_app: bool) -> str:
        if as_app and self.refused:
            return self.refused
        if self.running[node]:
            return ""
        self.status()  # the look after which one that crashed is back
        return "psql: error: connection refused"

    def _answer(self, node: str, statement: str, timeout: float) -> str:
        if "emit_message" in statement:
            return self._committed(timeout)
        if "pg_is_in_recovery" in statement:
            return "f" if node == self.leads else "t"
        if "pg_settings" in statement:
            return "\n".join(f"{name}|{value}" for name, value in self.shown.items())
        if "SCHEMA" in statement:
            self.rows = {name: [] for name in self.nodes}
            return ""
        if found := re.search(r"INSERT INTO \S+ VALUES \('?(\w+)'?\)", statement):
            self._insert(found[1])
            return found[1]
        if found := re.search(r"WHERE token = '(\w+)'", statement):
            return "1" if found[1] in self.rows[node] else ""
        if "count(*)" in statement:
            return "t"
        return "\n".join(self.rows[node]) if "SELECT number" in statement else "1"

    def _insert(self, row: str) -> None:
        for node in self.nodes:
            if node == self.leads or (self.followed and self.running[node]):
                self.rows[node].append(row)

    def _committed(self, timeout: float) -> str:
        """Wait for a replica where a commit has to."""
        end = time.monotonic() + timeout
        waits = self.shown["synchronous_standby_names"]
        while waits and not any(self.running[one] for one in self.nodes if one != self.leads):
            if time.monotonic() > end:
                raise ProgramError("psql: still running")
            time.sleep(0.01)
        return "0/1"

    def kill(self, service: str) -> None:
        """Crash; a careless server forgets the last rows."""
        super().kill(service)
        if self.forgets and service == self.leads:
            for rows in self.rows.values():
                del rows[-self.forgets :]


def visited(failing: int = 0) -> Any:
    """In place of `observed`: a hundred requests, so many of them failed."""

    @contextmanager
    def answered(*_: object) -> Iterator[Observer]:
        statuses = [503] * failing + [200] * (100 - failing)
        yield Observer([Answer(one, {}, b"", 0.1, float(n)) for n, one in enumerate(statuses)])

    return answered
