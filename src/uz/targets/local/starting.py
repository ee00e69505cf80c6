"""Starting one service and waiting, with a bound, until it is ready."""

import re
import time
from pathlib import Path

from uz.components.database import REFUSED
from uz.errors import MachineError, UnhealthyError, UzError
from uz.stack import HttpReady, PortReady, Service
from uz.targets.local.folders import full_disk
from uz.targets.local.layout import Layout
from uz.targets.local.listeners import holder_of, listening_ports
from uz.targets.local.logs import last_lines, printed
from uz.targets.local.probes import not_ready
from uz.targets.local.supervise import Supervisor, tree
from uz.waiting import met

MOST_CRASHES = 3
RELOAD_TIMEOUT = 10.0
SAYS_WHY = "refused: "
"""How the line begins that a start script prints before it ends with the code `REFUSED`."""


def start_service(layout: Layout, supervisor: Supervisor, service: Service) -> float:
    """Start a service; return the seconds until it was ready.

    Raises UnhealthyError with what was expected, what was seen and the last lines of its log;
    MachineError where its start script refuses, or the disk is full. A service that never got
    ready is stopped again, so that it does not crash in circles.
    """
    return Starting(layout, supervisor, service).finished()


def reload_service(layout: Layout, supervisor: Supervisor, service: Service) -> set[int]:
    """Have a service read its files again; return the processes that are being replaced.

    A server that refuses its new files keeps its old workers and says so only in its log. So new
    workers have to appear. Raises UnhealthyError with the last lines of the log where none does.
    """
    before = workers(supervisor, service)
    supervisor.signal(service.name, service.reload_signal)
    if not met(lambda: bool(workers(supervisor, service) - before), RELOAD_TIMEOUT):
        last = "".join(f"\n    {line}" for line in last_lines(layout, service.name, 6))
        raise UnhealthyError(
            f"{service.name} did not take up its new files, and goes on with the old ones:{last}",
            hint=f"All of its log: {layout.logs / service.name}.log.",
        )
    return before


def workers(supervisor: Supervisor, service: Service) -> set[int]:
    """The processes below a service's main one."""
    process = supervisor.processes().get(service.name)
    return set(tree(process.pid)) - {process.pid} if process and process.pid else set()


def starts(record: Path) -> int:
    """How often a service was started, from the file to which its launch script adds a line."""
    try:
        return len(record.read_text().splitlines())
    except (FileNotFoundError, NotADirectoryError):
        return 0


class Starting:
    """A service that was started. Asked again and again: ready, crashed, or still coming up."""

    def __init__(self, layout: Layout, supervisor: Supervisor, service: Service) -> None:
        """Start it. Raises UnhealthyError."""
        self.supervisor, self.service = supervisor, service
        self.reason = "not asked yet"
        self.crashed = False
        self.refusal = ""
        self.troubled = False
        self._died = False
        self._layout = layout
        self._record = layout.groups / f"{service.name}.starts"
        self.printed_before = printed(layout, service.name)
        self._logged_before = printed(layout, "supervisord")
        self._begun = time.monotonic()
        self._record.unlink(missing_ok=True)
        supervisor.start(service.name)

    def finished(self) -> float:
        """Wait until it is ready; return the seconds since its start. Raises as `start_service`.

        One that says that it is busy with its data is given its time once more.
        """
        busy = self._layout.run / self.service.folder / f"{self.service.name}.busy"
        left = self._begun + self.service.start_timeout - time.monotonic()
        while not (over := met(self.over, max(left, 0.1))) and busy.exists():
            left = self.service.start_timeout
        if over and not (self.crashed or self.troubled):
            return time.monotonic() - self._begun
        seen = _what_listens(self.supervisor, self.service)
        self.supervisor.stop(self.service.name)
        raise _failure(self._layout, self.service, self, seen)

    def over(self) -> bool:
        """Whether waiting any longer is of no use."""
        process = self.supervisor.processes().get(self.service.name)
        dead = process is None or process.state in {"FATAL", "EXITED", "BACKOFF"}
        lives = starts(self._record)
        self.reason = not_ready(self.service.ready, process, self._layout.root)
        self._died = self._died or dead
        self.crashed = bool(self.reason) and self._died
        self.refusal = self._refused() if dead else ""
        self.troubled = bool(self.reason) and self._says_trouble()
        enough = lives >= MOST_CRASHES or bool(self.refusal)
        return not self.reason or process is None or (dead and enough) or self.troubled

    def _says_trouble(self) -> bool:
        """Whether it runs and says in its log what only a person can help with."""
        lines = last_lines(self._layout, self.service.name, 12, self.printed_before)
        return any(words in line for words in self.service.troubles for line in lines)

    def _refused(self) -> str:
        """Why the start script sees no use in another try; nothing where it did not say so."""
        ended = _how_it_ended(self._layout, self.service, self._logged_before)
        if ended != f" (exit status {REFUSED})":
            return ""
        lines = last_lines(self._layout, self.service.name, 12, self.printed_before)
        why = [line for line in lines if line.startswith(SAYS_WHY)]
        return why[-1].removeprefix(SAYS_WHY) if why else ""


def _what_listens(supervisor: Supervisor, service: Service) -> str:
    """Where the process does listen, when it is not where it should."""
    if not isinstance(service.ready, HttpReady | PortReady):
        return ""
    process = supervisor.processes().get(service.name)
    pids = tree(process.pid) if process and process.pid else frozenset()
    expected = f"127.0.0.1:{service.ready.port}"
    actual = [str(address) for address in listening_ports(pids)] if pids else []
    if any(one in {expected, f"0.0.0.0:{service.ready.port}"} for one in actual):
        return ""
    if pids:
        where = ", ".join(actual) or "no port at all"
        return f"expected it on {expected}, actual: it listens on {where}"
    holder = holder_of(service.ready.port)
    return f"{expected} is held by {holder}" if holder else ""


def _failure(layout: Layout, service: Service, wait: Starting, seen: str) -> UzError:
    log = f"All of its log: {layout.logs / service.name}.log."
    if wait.refusal:
        return MachineError(f"{service.name} refuses to start: {wait.refusal}", hint=log)
    story = _story(layout, service, wait, seen)
    if full := full_disk(layout.root, story):
        return MachineError(story, hint=full)
    for words, advice in service.troubles.items():
        if words in story:
            return MachineError(story, hint=advice)
    if service.in_release and not wait.crashed:
        log += " Does app.command listen on 127.0.0.1:$PORT, and app.health answer there?"
    return UnhealthyError(story, hint=log)


def _story(layout: Layout, service: Service, wait: Starting, seen: str) -> str:
    lines = [f"{service.name} is not ready after {service.start_timeout:g} s: {wait.reason}"]
    if wait.troubled:
        lines = [f"{service.name} does not get ready: {wait.reason}"]
    if wait.crashed:
        lines = [f"{service.name} ends right after its start{_how_it_ended(layout, service)}"]
    if seen:
        lines.append(seen)
    last = last_lines(layout, service.name, 12, wait.printed_before)
    lines += ["last lines of its log:", *(f"    {line}" for line in last)] if last else []
    return "\n".join(lines)


def _how_it_ended(layout: Layout, service: Service, since: int = 0) -> str:
    """What supervisord logged of its last end: it forgets the code of what ends too early."""
    for line in reversed(last_lines(layout, "supervisord", 100, since)):
        found = re.search(rf" exited: {service.name} \(([^;)]+)", line)
        if found:
            return f" ({found[1]})"
    return ""
