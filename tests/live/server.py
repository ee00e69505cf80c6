"""A web app of the standard library alone, for tests: well behaved unless it is told otherwise.

Told by environment variables: CRASH_AT_START, SLOW_START (seconds), HOST, SHIFT_PORT, UNHEALTHY.
Told by path: /crash, /hang, /slow?SECONDS, /read?PATH, /write?PATH, /connect?PORT, /grow?MEGABYTES.
"""

import json
import os
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

VERSION = "one"
KEPT: list[bytes] = []


class Answers(BaseHTTPRequestHandler):
    """Answers any method on the paths above, in JSON."""

    protocol_version = "HTTP/1.1"
    server_version = "tiny"

    def answer(self) -> None:
        """Find what was asked for, and say it."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, argument = self.path.partition("?")
        status, said = self.said(path, argument, body)
        text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if path == "/own-headers":
            self.send_header("X-Frame-Options", "SAMEORIGIN")
            self.send_header("Strict-Transport-Security", "max-age=1")
            self.send_header("X-Powered-By", "tiny")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

    def said(self, path: str, argument: str, body: bytes) -> tuple[int, object]:
        """Status and body for one request."""
        if path == "/crash":
            os._exit(3)
        if path == "/hang":
            time.sleep(3600)
        if path == "/slow":
            time.sleep(float(argument))
        if path == "/grow":
            KEPT.append(os.urandom(int(argument) * 2**20))
        if path == "/fail":
            return 500, "told to fail"
        if path == "/echo":
            pairs = [[name.lower(), value] for name, value in self.headers.items()]
            return 200, {"path": self.path, "headers": pairs, "length": len(body)}
        if path == "/environment":
            return 200, dict(os.environ)
        if path == "/status":
            lines = Path("/proc/self/status").read_text().splitlines()
            return 200, {line.split(":")[0]: line.split(":")[1].strip() for line in lines}
        if path in {"/read", "/write", "/connect"}:
            return 200, attempt(path, argument)
        if path in {"/", "/whoami", "/own-headers", "/slow", "/grow"}:
            return 200, {
                "pid": os.getpid(),
                "release": os.environ.get("UZ_RELEASE", ""),
                "port": os.environ["PORT"],
                "version": VERSION,
                "folder": str(Path.cwd()),
            }
        if path == "/health":
            return (503, "unhealthy") if os.environ.get("UNHEALTHY") else (200, "fine")
        return 404, "no such page"

    def log_message(self, *_: object) -> None:
        """Print each request, as apps do."""
        print("request", self.command, self.path.partition("?")[0], flush=True)


def attempt(what: str, argument: str) -> str:
    """Try to do what an intruder would; say `done`, or the name of the error."""
    try:
        if what == "/read":
            path = Path(argument)
            list(path.iterdir()) if path.is_dir() else path.read_bytes()
        elif what == "/write":
            Path(argument).write_text("was here")
        else:
            socket.create_connection(("127.0.0.1", int(argument)), timeout=2).close()
    except OSError as error:
        return type(error).__name__
    return "done"


if __name__ == "__main__":
    print("starting on port", os.environ["PORT"], flush=True)
    if os.environ.get("CRASH_AT_START"):
        sys.exit("told to crash at start")
    time.sleep(float(os.environ.get("SLOW_START", "0")))
    where = os.environ.get("HOST", "127.0.0.1")
    port = int(os.environ["PORT"]) + int(os.environ.get("SHIFT_PORT", "0"))
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer((where, port), Answers).serve_forever()
