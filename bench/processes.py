"""What the kernel says of processes: children, processor time, memory. Linux's /proc only."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from uz.errors import UzError
from uz.shell import background

TICK = os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields:
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def processor_seconds(pid: int) -> float:
    """User and system time of a process and its living descendants."""
    total = 0
    for one in tree(pid):
        fields = _stat(one)
        total += int(fields[11]) + int(fields[12]) if fields else 0
    return total / TICK


def megabytes(pid: int) -> tuple[float, float]:
    """Resident memory of one process in MiB: all of it, and with shared pages shared out."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return kilobytes["Rss"] / 1024, kilobytes["Pss"] / 1024


def command_of(pid: int) -> str:
    """A process's command line; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""


def read_pid(path: Path) -> int:
    """The process id that a program wrote into a file."""
    return int(path.read_text())


def until(holds: Callable[[], bool], what: str, within: float = 30.0) -> None:
    """Wait. Raises UzError when it does not come true in time."""
    end = time.monotonic() + within
    while not holds():
        if time.monotonic() > end:
            raise UzError(f"not after {within:g} s: {what}")
        time.sleep(0.02)


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


@contextmanager
def beside(words: list[str], sign: str) -> Iterator[int]:
    """Have a program run whose command line comes to show `sign`; in the end it is told to end."""
    process = background(words)
    try:
        until(lambda: sign in command_of(process.pid), f"{sign} runs")
        yield process.pid
        process.terminate()
        until(lambda: process.poll() is not None, f"{sign} ends when told to")
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(timeout=10)
