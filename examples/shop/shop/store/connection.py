"""One connection to the SQLite file, and the few ways to use it."""

import sqlite3
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 5.0

Row = dict[str, Any]


class Connection:
    """One connection, for one thread at a time."""

    def __init__(self, path: Path, mode: str) -> None:
        self._sqlite = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=PATIENCE_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        self._sqlite.row_factory = _named
        self._sqlite.execute("PRAGMA foreign_keys = ON")

    def all(self, statement: str, **values: object) -> list[Row]:
        """Every row that the statement returns."""
        return self._sqlite.execute(statement, values).fetchall()

    def one(self, statement: str, **values: object) -> Row | None:
        """The first row that the statement returns, if any."""
        return next(iter(self.all(statement, **values)), None)

    def change(self, statement: str, **values: object) -> int:
        """How many rows the statement changed."""
        return self._sqlite.execute(statement, values).rowcount

    def close(self) -> None:
        """Close it, undoing what was not committed."""
        self._sqlite.close()


def _named(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> Row:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
