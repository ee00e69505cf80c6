"""An app without any driver: it asks the database by libpq, with four connections to the pool.

UNSAFE in its variables makes it prepare a statement under a name, once for each connection.
"""

import ctypes
import os
import queue
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIBPQ = ctypes.CDLL("libpq.so.5")
LIBPQ.PQconnectdb.restype = LIBPQ.PQexec.restype = LIBPQ.PQgetvalue.restype = ctypes.c_void_p
CONNECTIONS = 4
QUESTION = "EXECUTE question" if "UNSAFE" in os.environ else "SELECT 42"
Pool = queue.Queue[ctypes.c_void_p]


def connected() -> ctypes.c_void_p:
    """A connection to the pool."""
    made = ctypes.c_void_p(LIBPQ.PQconnectdb(os.environ["DATABASE_URL"].encode()))
    if "UNSAFE" in os.environ:
        asked(made, "PREPARE question AS SELECT 42")
    return made


def asked(connection: ctypes.c_void_p, sql: str) -> bytes:
    """The first value of an answer; nothing where there is none."""
    result = ctypes.c_void_p(LIBPQ.PQexec(connection, sql.encode()))
    rows = LIBPQ.PQntuples(result)
    value = ctypes.string_at(LIBPQ.PQgetvalue(result, 0, 0)) if rows else b""
    LIBPQ.PQclear(result)
    return value


POOL: Pool = queue.Queue()


class Answers(BaseHTTPRequestHandler):
    """Answers with what the database says; with an error where it says nothing."""

    def do_GET(self) -> None:
        connection = POOL.get()
        value = asked(connection, QUESTION)
        if not value:
            LIBPQ.PQreset(connection)
        POOL.put(connection)
        self.send_response(200 if value or self.path == "/health" else 500)
        self.send_header("Content-Length", str(len(value)))
        self.end_headers()
        self.wfile.write(value)

    def log_message(self, *words: object) -> None:
        """Stay silent."""


if __name__ == "__main__":
    for _ in range(CONNECTIONS):
        POOL.put(connected())
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answers).serve_forever()
    sys.exit(1)
