"""Readiness: asking a service whether it can serve, and saying well why it cannot."""

import socket
import ssl
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

from uz.errors import ProgramError
from uz.shell import run
from uz.stack import (
    AskReady,
    Finished,
    HttpReady,
    HttpsReady,
    Owner,
    PortReady,
    Ready,
    StaysUp,
    TalkReady,
)
from uz.targets.local.supervise import ProcessState
from uz.targets.local.users import as_user, isolated, user_of

PROBE_TIMEOUT = 5.0
HOST = "127.0.0.1"


def not_ready(ready: Ready, process: ProcessState | None, root: Path) -> str:
    """Ask once: return why the service is not ready, or nothing when it is.

    `root` is the environment's folder. What runs once is ready: it was waited for.
    """
    if isinstance(ready, Finished):
        return ""
    if process is None or not process.running:
        return "does not run"
    if isinstance(ready, StaysUp):
        return "" if process.uptime >= ready.seconds else "only just started"
    if isinstance(ready, PortReady):
        return _port(ready.port)
    if isinstance(ready, TalkReady):
        return _talk(ready)
    if isinstance(ready, AskReady):
        return _ask(ready, root)
    if isinstance(ready, HttpsReady):
        return _https(ready, root)
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


def _ask(ready: AskReady, root: Path) -> str:
    rights = as_user(user_of(Owner.SERVERS)) if isolated() else []
    words = (word.replace("{root}", str(root)) for word in ready.command)
    try:
        done = run([*rights, *words], timeout=PROBE_TIMEOUT, cwd=root)
    except ProgramError as error:
        return str(error)
    return "" if done.ok else done.tail(1) or f"its probe ends with {done.code}"


def _http(ready: HttpReady) -> str:
    connection = HTTPConnection(HOST, ready.port, timeout=PROBE_TIMEOUT)
    headers = {"Host": ready.host, "X-Forwarded-Proto": "https", "User-Agent": "uz-probe"}
    return _answered(connection, f"http://{HOST}:{ready.port}", ready.path, headers)


def _https(ready: HttpsReady, root: Path) -> str:
    try:
        trust = ssl.create_default_context(cafile=str(root / ready.authority))
    except OSError as error:
        return f"{root / ready.authority}: {error.strerror or error}"
    connection = HTTPSConnection(HOST, ready.port, timeout=PROBE_TIMEOUT, context=trust)
    headers = {"User-Agent": "uz-probe"}
    return _answered(connection, f"https://{HOST}:{ready.port}", ready.path, headers)


def _answered(connection: HTTPConnection, top: str, path: str, headers: dict[str, str]) -> str:
    where = top + path
    try:
        connection.request("GET", path, headers=headers)
        status = connection.getresponse().status
    except TimeoutError:
        return f"{where} gives no answer within {PROBE_TIMEOUT:g} s"
    except (OSError, HTTPException) as error:
        return f"{where}: {getattr(error, 'strerror', '') or str(error) or type(error).__name__}"
    finally:
        connection.close()
    return "" if 200 <= status < 400 else f"{where} answers {status}, expected 2xx or 3xx"
