"""Talking to one PostgreSQL server by its own client, as the superuser, over a private socket."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from uz import shell
from uz.errors import BackupError, ProgramError

Ask = Callable[[str, str], str]
"""From SQL and a database to what the server says: a row a line, columns parted by `|`."""
LONG = 4 * 3600.0
"""Seconds that a question may take that reads whole tables."""
QUESTION = 60.0
"""Seconds until an answer has to be there."""


class Asks(Protocol):
    """As `Ask`, for questions that may take `within` seconds."""

    def __call__(self, sql: str, database: str, *, within: float = ...) -> str:
        """Run SQL. Raises BackupError with the server's own words."""
        ...


@dataclass(frozen=True)
class Session:
    """Where a server's socket is. `rights` are the words before a command that give it the rights
    of somebody whom the server takes for the superuser."""

    socket: Path
    port: int
    rights: tuple[str, ...] = ()

    def ask(self, sql: str, database: str, *, within: float = QUESTION) -> str:
        """Run SQL, all of it or nothing. Raises BackupError with the server's own words."""
        done = self._run(database, within, "-c", sql)
        return _said(done, database)

    def script(self, text: str, database: str, *, within: float) -> shell.Completed:
        """Run a script of psql to its end, or to its first error, in one session.

        The exit code is 3 where a statement failed. Raises BackupError where it does not end in
        time: the server gives all of it up.
        """
        return self._run(database, within, "-f", "-", stdin=text)

    def _run(
        self, database: str, within: float, *words: str, stdin: str | None = None
    ) -> shell.Completed:
        # Nothing of the caller's: PGOPTIONS or PGSERVICE would lead elsewhere.
        known = {"PATH": os.environ.get("PATH", os.defpath), "PGCONNECT_TIMEOUT": "5"}
        try:
            return shell.run(
                [*self.rights, "psql", "-XAtqw", "-v", "ON_ERROR_STOP=1", "-h", self.socket,
                 "-p", str(self.port), "-U", "postgres", "-d", database, *words],
                timeout=within, environment=known, stdin=stdin, cwd=Path("/"),
            )  # fmt: skip
        except ProgramError as error:
            raise BackupError(f"the database {database}: {error}", hint=error.hint) from error


def _said(done: shell.Completed, database: str) -> str:
    if not done.ok:
        said = done.tail(3).removeprefix("psql: error: ").removeprefix("ERROR:  ")
        raise BackupError(
            f"the database {database}: {said}", hint="`uz status` says how the servers are."
        )
    return done.stdout.strip()
