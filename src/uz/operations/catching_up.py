"""Asking for a backup where the schedule would come too late: log was dropped, or there is none."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from uz.errors import UzError
from uz.shell import Started, started
from uz.targets.local.backups.records import Shipping
from uz.targets.local.backups.repository import current_repository
from uz.targets.local.layout import HOME_VARIABLE, Layout
from uz.targets.local.scripts import LOCALE, PATH

BETWEEN = 600.0
"""Seconds until one that did not help is asked for again, unless there was no room for it."""


@dataclass
class CatchingUp:
    """Starts `uz backup now` when it is needed and there is room, one at a time."""

    layout: Layout
    running: Started | None = None
    begun: float | None = None
    gap: datetime | None = None
    """What the last one was asked for."""

    def look(self, state: Shipping) -> bool:
        """Start one where it is needed; say whether it did. Raises ProgramError."""
        if state.disk_low:
            self.begun = None
        if self._still() or state.disk_low or not self._needed(state):
            return False
        same = self.gap == state.gap_since
        if same and self.begun is not None and time.monotonic() - self.begun < BETWEEN:
            return False
        self.begun, self.gap = time.monotonic(), state.gap_since
        root = self.layout.root
        environment = {"PATH": PATH, "LANG": LOCALE, HOME_VARIABLE: str(self.layout.home)}
        words = ("--applied", root, "--quiet", "backup", "now", "--scheduled")
        self.running = started(["sh", root / "uz", *words], cwd=root, environment=environment)
        return True

    def _still(self) -> bool:
        """Whether one runs; what it prints is its own business, and is kept by nobody."""
        if self.running is None:
            return False
        with suppress(BlockingIOError):
            while os.read(self.running.output, 65536):
                pass
        if self.running.ended() is None:
            return True
        self.running.close()
        self.running = None
        return False

    def _needed(self, state: Shipping) -> bool:
        """After a gap; and in a repository that was begun beside another one."""
        if state.gap_since is not None:
            return True
        with suppress(UzError, OSError):
            repository = current_repository(self.layout)
            others = len(list(self.layout.repositories.glob("*/catalogs"))) > 1
            return others and not any(repository.catalogs.iterdir())
        return False

    def end(self) -> None:
        """Have the one that runs end; it dies with this process at the latest."""
        if self.running is not None:
            self.running.signal(signal.SIGTERM)
