"""The process of a private server: certainly the one that serves this data, and no other."""

import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from uz.waiting import met

KILLED = 5.0
"""Seconds until the kernel has ended what was killed."""


@dataclass(frozen=True)
class Postmaster:
    """A server by its process. `reap`: for who started it, so that the kernel forgets it."""

    data: Path
    process: psutil.Process
    reap: Callable[[], object] = int

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether it runs."""
        self.reap()
        with suppress(psutil.Error):
            return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE
        return False

    def signal(self, number: int) -> None:
        """Send it a signal; nothing happens where it is gone."""
        with suppress(psutil.Error):
            self.process.send_signal(number)


def found(data: Path) -> Postmaster | None:
    """The server that runs on this data, by what it wrote there; None where none does."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n")[0])
        process = psutil.Process(pid)
        words = process.cmdline()
    except (OSError, ValueError, psutil.Error):
        return None
    serves = Path(words[0]).name == "postgres" if words else False
    return Postmaster(data, process) if serves and str(data) in words else None


def stopped(postmaster: Postmaster, within: float) -> None:
    """Stop it, in its own way first: so that its data is whole, then at once, then by force."""
    children = _children(postmaster)
    for number, wait in (
        (signal.SIGINT, within), (signal.SIGQUIT, KILLED), (signal.SIGKILL, KILLED),
    ):  # fmt: skip
        if not postmaster.running:
            break
        postmaster.signal(number)
        met(lambda: not postmaster.running, wait)
    for child in children:  # those of a server that was killed see it only after a while
        with suppress(psutil.Error):
            child.kill()


def _children(postmaster: Postmaster) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return psutil.Process(postmaster.pid).children(recursive=True)
    return []
