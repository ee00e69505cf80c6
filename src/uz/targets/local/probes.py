"""Readiness: asking a service whether it can serve, and saying well why it cannot."""

import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPException

from uz.stack import HttpReady, PortReady, Ready, StaysUp, TalkReady
from uz.targets.local.supervise import ProcessState

PROBE_TIMEOUT = 5.0
HOST = "127.0.0.1"


def not_ready(ready: Ready, process: ProcessState | None) -> str:
    """Ask once: return why the service is not ready, or nothing when it is."""
    if process is None or not process.running:
        return "does not run"
    if isinstance(ready, StaysUp):
        return "" if process.uptime >= ready.seconds else "only just started"
    if isinstance(ready, PortReady):
        return _port(ready.port)
    if isinstance(ready, TalkReady):
        return _talk(ready)
    return _http(ready)


def _port(port: int) -> str:
    try:
        with closing(socket.create_connection((HOST, port), timeout=PROBE_TIMEOUT)):
            return ""
    except OSError as error:
        return f"{HOST}:{port}: {error.strerror or error}"


def _talk(ready: TalkReady) -> str:
    where = f"{HOST}:{ready.port}"
    try:
        with closing(socket.create_connection((HOST, ready.port), timeout=PROBE_TIMEOUT)) as line:
            line.sendall(ready.say)
            answer = line.recv(512)
    except OSError as error:
        return f"{where}: {error.strerror or error}"
    if answer.startswith(ready.expect):
        return ""
    return f"{where} says {answer.decode(errors='replace').strip()[:120] or 'nothing'}"


def _http(ready: HttpReady) -> str:
    where = f"http://{HOST}:{ready.port}{ready.path}"
    connection = HTTPConnection(HOST, ready.port, timeout=PROBE_TIMEOUT)
    headers = {"Host": ready.host, "X-Forwarded-Proto": "https", "User-Agent": "uz-probe"}
    try:
        connection.request("GET", ready.path, headers=headers)
        status = connection.getresponse().status
    except TimeoutError:
        return f"{where} gives no answer within {PROBE_TIMEOUT:g} s"
    except (OSError, HTTPException) as error:
        return f"{where}: {getattr(error, 'strerror', '') or str(error) or type(error).__name__}"
    finally:
        connection.close()
    return "" if 200 <= status < 400 else f"{where} answers {status}, expected 2xx or 3xx"
