"""The SQLite file: connections that are kept, transactions, and what failing means."""

import fcntl
import logging
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shop.errors import ShopError, StorageUnavailableError
from shop.store.connection import Connection

logger = logging.getLogger(__name__)


class Database:
    """Lends connections and keeps them for the next caller."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # Never more than calls at once, which the server's number of threads bounds.
        self._idle: deque[Connection] = deque()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for one statement that changes nothing."""
        with _available():
            try:
                connection = self._idle.pop()
            except IndexError:
                # Never creates the file: an empty one in its place would look healthy.
                connection = Connection(self._path, "rw")
            try:
                yield connection
            except ShopError:
                self._idle.append(connection)
                raise
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a transaction: all of it happens, or nothing."""
        with self.read() as connection:
            # Asks for the right to write at once: later, it could only fail, not wait.
            connection.change("BEGIN IMMEDIATE")
            try:
                yield connection
            except ShopError:
                connection.change("ROLLBACK")
                raise
            connection.change("COMMIT")

    def create(self, statements: Sequence[str]) -> None:
        """Create the file and what the statements say, where it is missing."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with _available(), self._path.with_suffix(".lock").open("w") as lock:
            # Of two that change the journal at once, SQLite fails one without waiting.
            fcntl.flock(lock, fcntl.LOCK_EX)
            connection = Connection(self._path, "rwc")
            connection.change("PRAGMA journal_mode = WAL")
            self._idle.append(connection)
        with self.write() as connection:
            for statement in statements:
                connection.change(statement)

    def check(self) -> None:
        """Raise StorageUnavailableError unless the file can be opened and read now.

        A connection that is open already would go on reading a file that is gone.
        """
        with _available():
            connection = Connection(self._path, "rw")
            try:
                connection.one("SELECT id FROM products LIMIT 1")
            finally:
                connection.close()

    def close(self) -> None:
        """Close every connection."""
        while self._idle:
            self._idle.pop().close()


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        logger.error("the storage did not answer: %s", error)
        hint = "Nothing was changed; try again in a moment."
        raise StorageUnavailableError("The storage does not answer.", hint) from error
