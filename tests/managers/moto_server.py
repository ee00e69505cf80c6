"""Stand-ins for AWS over HTTP: moto in a process of its own, and one that answers as it is told."""

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from uz.shell import background
from uz.waiting import met

REGION = "eu-central-1"
STARTS = 60.0
"""Seconds until moto answers, with two cores and others at work."""


@contextmanager
def moto() -> Iterator[str]:
    """The address of a moto server, with nothing in it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    process = background([sys.executable, "-m", "moto.server", "-p", str(port)])
    try:
        assert met(lambda: _answers(f"{address}/moto-api/"), STARTS)
        yield address
    finally:
        process.kill()
        process.wait()


@contextmanager
def logged_in() -> Iterator[pytest.MonkeyPatch]:
    """Keys of nobody in the environment, and nothing of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        log_out(patch)
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "no-secret-at-all")
        yield patch


def log_out(patch: pytest.MonkeyPatch) -> None:
    """Let boto3 find no keys, profile or region."""
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ):
        patch.delenv(name, raising=False)
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    patch.setenv("AWS_CONFIG_FILE", "/dev/null")
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")


@dataclass
class Scripted:
    """Gives prepared answers in order, the last one again and again; remembers what was asked."""

    answers: list[tuple[int, dict[str, Any] | str]]
    address: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def answer(self, target: str, body: bytes) -> tuple[int, bytes]:
        """The next one."""
        self.asked.append((target.rpartition(".")[2], json.loads(body)))
        status, said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return status, (said if isinstance(said, str) else json.dumps(said)).encode()


def refusal(code: str, message: str = "", status: int = 400) -> tuple[int, dict[str, Any]]:
    """An error as AWS writes it: https://docs.aws.amazon.com/secretsmanager/latest/apireference."""
    return status, {"__type": code, "Message": message}


@contextmanager
def scripted(*answers: tuple[int, dict[str, Any] | str]) -> Iterator[Scripted]:
    """Serve answers on a free port."""
    script = Scripted(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = script.answer(self.headers["X-Amz-Target"], body)
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join()


def _answers(address: str) -> bool:
    with suppress(URLError, OSError), urlopen(address, timeout=5) as reply:
        return bool(reply.status == 200)
    return False
