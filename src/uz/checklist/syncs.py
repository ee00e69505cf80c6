"""Watching a process sync its files, with strace: settings say what should happen, this what does.

strace stops the watched process at each of its system calls, which makes it slower: so this is for
rehearsals and maintenance windows.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from uz.environment import Environment
from uz.shell import background
from uz.waiting import met

CALLS = "fsync,fdatasync,sync_file_range,sync,syncfs"
ATTACH_TIMEOUT = 10.0


@dataclass
class Seen:
    """How many syncs ended well, or why none could be seen."""

    count: int = 0
    problem: str = ""


@contextmanager
def synced(env: Environment, pid: int, seconds: float) -> Iterator[Seen]:
    """Watch a process and all below it, those to come included, while the block runs.

    The count is there when the block is left. `seconds` bounds the watching, should that never
    happen. `env` is where the process runs.
    """
    seen = Seen()
    with tempfile.TemporaryDirectory(prefix="uz-strace-") as folder:
        trace = Path(folder) / "trace"
        limit = str(round(seconds + ATTACH_TIMEOUT + 30))
        process = background(["timeout", limit, *_strace(trace, tree(pid))])
        try:
            if not met(lambda: _traced(pid) or process.poll() is not None, ATTACH_TIMEOUT):
                seen.problem = f"strace did not attach to process {pid} of {env.name}"
            elif process.poll() is not None:
                seen.problem = f"strace may not watch process {pid} of {env.name}"
            yield seen
        finally:
            process.terminate()
            process.wait(10)
        seen.count = count(trace.read_text() if trace.exists() else "")


def tree(pid: int) -> tuple[int, ...]:
    """A process and those below it, the oldest first: servers fork a process for each client."""
    try:
        below = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        below = []
    return pid, *(child.pid for child in below)


def _strace(trace: Path, pids: tuple[int, ...]) -> list[str | Path]:
    """The command that follows these processes. A thread or child of theirs is followed as well."""
    words: list[str | Path] = ["strace", "-f", "-q", "-e", f"trace={CALLS}", "-o", trace]
    return [*words, *(word for one in pids for word in ("-p", str(one)))]


def _traced(pid: int) -> bool:
    """Whether all of a process's tree is watched: what was forked before that is missed else."""
    return all(map(_is_traced, tree(pid)))


def _is_traced(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    tracer = re.search(r"^TracerPid:\s+(\d+)$", status, re.MULTILINE)
    return bool(tracer and int(tracer[1]))


def count(trace: str) -> int:
    """How many sync calls in strace's output ended well, interrupted lines included."""
    names = "|".join(CALLS.split(","))
    whole = re.findall(rf"^\d+\s+(?:{names})\([^)]*\)\s+= 0$", trace, re.MULTILINE)
    resumed = re.findall(rf"^\d+\s+<\.\.\. (?:{names}) resumed>.*= 0$", trace, re.MULTILINE)
    return len(whole) + len(resumed)
