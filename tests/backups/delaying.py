"""A line to a server that takes its time, for tests of stores that are slow."""

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass
class Line:
    """Passes on what servers say so many seconds late. `cut`: after so many bytes, once, it is
    cut off."""

    port: int
    seconds: float = 0.0
    cut: int | None = None


@contextmanager
def delaying(target: int) -> Iterator[Line]:
    """A line on a free port of 127.0.0.1 to another port there."""
    line = Line(0)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", target), 10) as there:
                up = threading.Thread(target=_passed, args=(self.request, there), daemon=True)
                up.start()
                _late(there, self.request, line)
                with suppress(OSError):
                    self.request.shutdown(socket.SHUT_RDWR)

    socketserver.ThreadingTCPServer.daemon_threads = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        line.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield line
        finally:
            server.shutdown()
            thread.join()


def _passed(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while data := here.recv(65536):
            there.sendall(data)
        there.shutdown(socket.SHUT_WR)


def _late(there: socket.socket, here: socket.socket, line: Line) -> None:
    passed = 0
    with suppress(OSError):
        while data := there.recv(65536):
            time.sleep(line.seconds)
            here.sendall(data)
            passed += len(data)
            if line.cut is not None and passed > line.cut:
                line.cut = None
                return
