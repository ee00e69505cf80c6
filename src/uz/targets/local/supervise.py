"""Talking to supervisord: is it there, start it, start and stop what it runs."""

import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ProtocolError, ServerProxy, Transport

import psutil
from supervisor.xmlrpc import Faults

from uz.errors import MachineError, UnhealthyError
from uz.shell import run
from uz.targets.local.layout import Layout
from uz.waiting import met

START_TIMEOUT = 15.0
LOCALE = (
    *("LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE"),
    *("LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC", "LC_TIME"),
)
PYTHON = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "PYTHONUNBUFFERED", "VIRTUAL_ENV")
KEPT = frozenset({"HOME", "PATH", "TMPDIR", "TZ", "UZ_HOME", *LOCALE, *PYTHON})
"""The variables that a supervisor gets."""
ANSWER_TIMEOUT = 10.0
STOPPING_TIMEOUT = 120.0
STOP_TIMEOUT = 86400.0
"""Seconds; supervisord itself kills what does not stop in its own time."""


@dataclass(frozen=True)
class ProcessState:
    """What supervisord says of one process. `pid` is 0 while it does not run; times in seconds."""

    name: str
    state: str
    pid: int
    uptime: float
    exit_code: int
    spawn_error: str

    @property
    def running(self) -> bool:
        """Whether the process exists."""
        return self.state in {"RUNNING", "STARTING"} and self.pid > 0


def surroundings() -> dict[str, str]:
    """What a supervisor that lives for months keeps of its caller's variables: no token is one."""
    return {name: value for name, value in os.environ.items() if name in KEPT}


class Supervisor:
    """The process supervisor of one environment."""

    def __init__(self, layout: Layout) -> None:
        """Prepare; nothing is asked or started yet."""
        self._layout = layout

    def pid(self) -> int | None:
        """Its process id, or None where it does not answer."""
        if not self._layout.socket.exists():
            return None
        try:
            return int(self._ask("getPID"))
        except (UnhealthyError, Fault):
            return None

    def _ask(self, method: str, *words: object, timeout: float = ANSWER_TIMEOUT) -> Any:
        """Call a method of its own.

        Raises Fault; UnhealthyError where nobody answers, MachineError where it is stuck.
        """
        transport = _OverSocket(self._layout.socket, timeout)
        try:
            with ServerProxy("http://localhost", transport=transport) as proxy:
                return getattr(proxy.supervisor, method)(*words)
        except TimeoutError as error:
            raise MachineError(
                f"supervisord gives no answer within {timeout:g} s: {self._layout.socket}",
                hint="Kill it, its process id is in supervisord.pid beside; then run `uz up`.",
            ) from error
        except (OSError, HTTPException, ProtocolError) as error:
            raise UnhealthyError(
                f"supervisord does not answer: {error}", hint="`uz up` starts it again."
            ) from error

    def ensure(self) -> bool:
        """Start supervisord where it does not run; say whether that was needed.

        Raises UnhealthyError where it does not come up.
        """
        if self.pid() is not None:
            return False
        end_leftovers(self._layout)
        self._layout.socket.unlink(missing_ok=True)
        config = self._layout.config / "supervisord.conf"
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)]
        done = run(
            command, timeout=START_TIMEOUT, cwd=self._layout.root, environment=surroundings()
        )
        if not done.ok or not met(lambda: self.pid() is not None, START_TIMEOUT):
            raise UnhealthyError(
                f"supervisord does not start:\n{done.tail()}",
                hint=f"Its log is {self._layout.logs / 'supervisord.log'}.",
            )
        return True

    def processes(self) -> dict[str, ProcessState]:
        """All processes that it knows, by name; empty where it does not answer."""
        if self.pid() is None:
            return {}
        return {
            one["name"]: ProcessState(
                one["name"],
                one["statename"],
                one["pid"],
                float(one["now"] - one["start"]) if one["pid"] else 0.0,
                one["exitstatus"],
                one["spawnerr"],
            )
            for one in self._ask("getAllProcessInfo")
        }

    def reload(self) -> tuple[frozenset[str], frozenset[str]]:
        """Take up new programs, without starting any; return those that changed or are gone.

        These run on as they are until `renew` or `remove`.
        """
        try:
            ((added, changed, removed),) = self._ask("reloadConfig")
        except Fault as fault:
            raise MachineError(f"supervisord refuses its configuration: {fault}") from fault
        for name in added:
            self._ask("addProcessGroup", name)
        return frozenset(changed), frozenset(removed)

    def renew(self, name: str) -> None:
        """Stop a program and take up its changed settings."""
        self.remove(name)
        self._ask("addProcessGroup", name)

    def remove(self, name: str) -> None:
        """Stop a program and forget it."""
        self.stop(name)
        try:
            self._ask("removeProcessGroup", name)
        except Fault as fault:
            if fault.faultCode != Faults.BAD_NAME:
                raise MachineError(f"{name}: cannot be removed: {fault.faultString}") from fault

    def start(self, name: str) -> None:
        """Begin to start a process; whether it gets ready is for its probe to say.

        One that is still being stopped is let go first: else supervisord would do nothing.
        """
        met(lambda: not self._stopping(name), STOPPING_TIMEOUT)
        try:
            self._ask("startProcess", name, False)
        except Fault as fault:
            if fault.faultCode != Faults.ALREADY_STARTED:
                raise UnhealthyError(f"{name}: cannot be started: {fault.faultString}") from fault

    def _stopping(self, name: str) -> bool:
        process = self.processes().get(name)
        return process is not None and process.state == "STOPPING"

    def stop(self, name: str) -> None:
        """Stop a process in its own way and wait; stopping a stopped one is fine."""
        try:
            self._ask("stopProcess", name, True, timeout=STOP_TIMEOUT)
        except Fault as fault:
            if fault.faultCode not in {Faults.NOT_RUNNING, Faults.BAD_NAME}:
                raise MachineError(f"{name}: cannot be stopped: {fault.faultString}") from fault

    def signal(self, name: str, signal_name: str) -> None:
        """Send a signal to a running process."""
        self._ask("signalProcess", name, signal_name)

    def shutdown(self, within: float = 60.0) -> None:
        """End supervisord and all it still runs; wait until it is gone."""
        pid = self.pid()
        if pid is None:
            end_leftovers(self._layout)
            return
        with suppress(UnhealthyError, Fault):
            self._ask("shutdown")
        if not met(lambda: _ended(pid), within):
            os.kill(pid, signal.SIGKILL)
        end_leftovers(self._layout)


def _ended(pid: int) -> bool:
    """Whether a process is gone, or waits for nothing but its parent to take notice."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class _Connection(HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class _OverSocket(Transport):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__()
        self._path, self._timeout = path, timeout

    def make_connection(self, host: object) -> HTTPConnection:  # noqa: ARG002
        connection = _Connection(self._path, self._timeout)
        self._connection = None, connection  # what `close` closes
        return connection


def end_leftovers(layout: Layout) -> tuple[str, ...]:
    """Kill what an earlier supervisord left running when it was killed; return the services.

    Each start recorded its process group. A group counts as ours while it has members in it that
    were started from this environment's folder.
    """
    ended = []
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    for record in sorted(layout.groups.glob("*")) if layout.groups.is_dir() else ():
        if record.suffix == ".starts":
            continue
        words = record.read_text(errors="replace").split()
        if len(words) == 2 and words[0] == boot and words[1].isdigit():
            group = int(words[1])
            if _still_ours(group, layout):
                with suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)
                    ended.append(record.name)
        record.unlink()
    return tuple(ended)


def _still_ours(group: int, layout: Layout) -> bool:
    members = [p for p in psutil.process_iter() if _group(p.pid) == group]
    return any(_works_in(process, layout) for process in members)


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1


def _works_in(process: psutil.Process, layout: Layout) -> bool:
    """By its working folder; a rehearsal's app works in another's release, stores in its own."""
    root = layout.root.resolve()
    try:
        places = (process.cwd(), process.environ().get("STATE_DIRECTORY", "/"))
    except psutil.Error:
        return False
    return any(Path(place).is_relative_to(root) for place in places)


def tree(pid: int) -> frozenset[int]:
    """A process and all its descendants, by id."""
    try:
        process = psutil.Process(pid)
        return frozenset({pid, *(child.pid for child in process.children(recursive=True))})
    except psutil.NoSuchProcess:
        return frozenset()
