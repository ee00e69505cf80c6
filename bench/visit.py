"""Visiting an edge: one request to see that it answers, and load from wrk."""

import re
import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path

from uz.errors import UzError
from uz.shell import checked

CONNECTIONS = 32
HOST = "localhost"


@dataclass(frozen=True)
class Load:
    """What wrk saw. Latency in milliseconds."""

    rate: float
    requests: int
    errors: int
    latency_99: float


def load(https: int, path: str, seconds: int) -> Load:
    """Ask for one path over kept-alive TLS connections as fast as the answers come."""
    url = f"https://{HOST}:{https}{path}"
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "5s", "--latency", url]
    return parse(checked(words, timeout=seconds + 30))


def parse(text: str) -> Load:
    """Read what wrk prints; answers other than 2xx and 3xx count as errors."""
    rate = re.search(r"Requests/sec:\s*([\d.]+)", text)
    requests = re.search(r"(\d+) requests in", text)
    latency = re.search(r"99%\s*([\d.]+)(us|ms|s)", text)
    if not (rate and requests and latency):
        raise UzError(f"wrk says nothing that is understood:\n{text}")
    socket_errors = re.search(r"Socket errors: (.*)", text)
    errors = sum(map(int, re.findall(r"\d+", socket_errors[1]))) if socket_errors else 0
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors += int(refused[1]) if refused else 0
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[latency[2]]
    return Load(float(rate[1]), int(requests[1]), errors, float(latency[1]) * scale)


def headers(https: int, path: str, authority: Path) -> dict[str, str]:
    """Ask once and check the certificate. Raises UzError unless the answer is 200."""
    context = ssl.create_default_context(cafile=str(authority))
    connection = HTTPSConnection(HOST, https, timeout=10, context=context)
    answer = _answer(connection, path)
    if answer.status != 200:
        raise UzError(f"{HOST}:{https}{path} answers {answer.status}, expected 200")
    found = {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    return found


def protocol(https: int, authority: Path) -> str:
    """What the edge prefers of HTTP/2 and HTTP/1.1."""
    context = ssl.create_default_context(cafile=str(authority))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((HOST, https), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as one,
    ):
        return f"{one.version()} {one.selected_alpn_protocol()}"


def _answer(connection: HTTPConnection, path: str) -> HTTPResponse:
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer
