"""Small real servers on loopback, for tests of what dials: they end with the block."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from uz.targets.local.certificates import authority_certificate, issue
from uz.testing import MemorySecrets


@dataclass(frozen=True)
class Reply:
    """What a server answers to one request."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"


Answering = Callable[[str, str, str], Reply]
"""From method, host and path to the answer."""


class Quiet(ThreadingHTTPServer):
    """Says nothing of clients that go away or refuse its certificate."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Be quiet."""


@contextmanager
def serving(answering: Answering, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            reply = answering(self.command, self.headers.get("Host", ""), self.path)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body if self.command != "HEAD" else b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Be quiet."""

    server = Quiet(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Certified:
    """A TLS context of a server, whose certificate comes from a CA of its own."""

    def __init__(self, folder: Path, *names: str, days: int = 90) -> None:
        self.folder, self.source = folder, MemorySecrets()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.serve(*names, days=days)
        self.authority = folder / "authority.pem"
        self.authority.write_bytes(authority_certificate(self.source) or b"")

    def serve(self, *names: str, days: int) -> None:
        """Serve another certificate from now on."""
        key, certificate = issue(self.source, names, days=days)
        path = self.folder / "server.pem"
        path.write_bytes(key.reveal() + certificate.reveal())
        self.context.load_cert_chain(path)
