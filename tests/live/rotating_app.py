"""An app that uses its stores on every request and forgives nothing: a lost connection is an error.

It asks the database by libpq, and Redis by hand, each with connections that it keeps.
"""

import ctypes
import os
import queue
import socket
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

CONNECTIONS = 3
Ask = Callable[[], bytes]
POOL: "queue.Queue[Ask]" = queue.Queue()


def database() -> Ask:
    """A connection to PgBouncer."""
    libpq = ctypes.CDLL("libpq.so.5")
    libpq.PQconnectdb.restype = libpq.PQexec.restype = libpq.PQgetvalue.restype = ctypes.c_void_p
    made = ctypes.c_void_p(libpq.PQconnectdb(os.environ["DATABASE_URL"].encode()))

    def ask() -> bytes:
        result = ctypes.c_void_p(libpq.PQexec(made, b"SELECT current_user"))
        rows = libpq.PQntuples(result)
        value = ctypes.string_at(libpq.PQgetvalue(result, 0, 0)) if rows else b""
        libpq.PQclear(result)
        return value

    return ask


def redis() -> Ask:
    """A connection to Redis, logged in."""
    url = urlsplit(os.environ["REDIS_URL"])
    made = socket.create_connection((url.hostname or "", url.port or 0), 10)
    made.sendall(f"AUTH {url.username} {url.password}\r\n".encode())
    if made.recv(100) != b"+OK\r\n":
        sys.exit("Redis refuses the password")

    def ask() -> bytes:
        made.sendall(b"INCR visits\r\n")
        answer = made.recv(100)
        return answer if answer.startswith(b":") else b""

    return ask


def connected() -> Ask:
    """One connection to each store that the app was given."""
    stores = {"DATABASE_URL": database, "REDIS_URL": redis}
    asks = [store() for name, store in stores.items() if name in os.environ]

    def ask() -> bytes:
        answers = [one() for one in asks]
        return b" ".join(answers) or b"nothing to ask" if all(answers) else b""

    return ask


class Answers(BaseHTTPRequestHandler):
    """Answers with what the stores say; with an error where one says nothing."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def answer(self) -> None:
        """Ask all stores."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/health":
            value = b"fine"
        else:
            ask = POOL.get()
            value = ask()
            POOL.put(ask)
        self.send_response(200 if value else 500)
        self.send_header("Content-Length", str(len(value)))
        self.end_headers()
        self.wfile.write(value)

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *words: object) -> None:
        """Stay silent."""


if __name__ == "__main__":
    for _ in range(CONNECTIONS):
        POOL.put(connected())
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answers).serve_forever()
