"""The service that sends backups off-site: `python -m uz.operations.shipping FOLDER`."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from uz.backups.engine import Engine
from uz.backups.metrics import Job
from uz.backups.s3_protection import lacks
from uz.errors import UzError
from uz.operations.applied import applied_place, layout_at
from uz.operations.backup_files import pruned_files
from uz.operations.backups_of import engine_for, store_for, wanted_backups
from uz.operations.catching_up import CatchingUp
from uz.operations.jobs import jobs
from uz.operations.place import Place
from uz.targets.local.backups.beat import beat
from uz.targets.local.backups.primary import primary_session
from uz.targets.local.backups.records import Shipping, read_shipping, write_shipping
from uz.targets.local.backups.repository import Repository, current_repository
from uz.targets.local.backups.shipping import Shipper
from uz.targets.local.backups.telling import told
from uz.targets.local.backups.watching import encrypted, watched, write_metrics

log = logging.getLogger("shipping")
STEP = 1.0
"""Seconds between two looks at whether something new is to be sent."""
WRITTEN = 5.0
"""Seconds between two times that the state and the metrics are written."""
LONGEST_PAUSE = 60.0
"""Seconds between two tries, after a number of failures."""
ARCHIVING = 20.0
"""Seconds that archiving gets for what was just written."""


@dataclass
class Service:
    """Three loops side by side: the beat of the database, sending, and telling how both are.

    None waits for another: a store that hangs stops neither the canary nor the metrics.
    """

    place: Place
    shipper: Shipper
    catching_up: CatchingUp
    stop: threading.Event = field(default_factory=threading.Event)
    failed: list[BaseException] = field(default_factory=list)
    trouble: str = ""
    """What the last beat ended with."""
    unwritten: str = ""
    """Why the state could not be written down."""

    @property
    def interval(self) -> float:
        """Seconds between two beats, and between two rounds: twice in an RPO."""
        return wanted_backups(self.place).rpo.total_seconds() / 2

    def run(self) -> None:
        """Go on until stopped. Raises what a loop failed with, which is our bug."""
        loops = [self._sending, *([self._beating] if self.place.spec.database else [])]
        for loop in loops:
            threading.Thread(target=self._kept, args=(loop,), daemon=True).start()
        self._telling()
        self.catching_up.end()
        if self.failed:
            raise self.failed[0]

    def _kept(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except BaseException as error:  # raised in the main thread
            self.failed.append(error)
            self.stop.set()

    def _beating(self) -> None:
        pitr, within = wanted_backups(self.place).pitr, min(ARCHIVING, 2 * self.interval)
        next_at = time.monotonic()
        while not self.stop.is_set():
            try:
                ask = primary_session(self.place.environment).ask
                self.shipper.beaten, self.trouble = beat(ask, pitr, within), ""
            except UzError as error:
                self.trouble = str(error)
            next_at = max(next_at + self.interval, time.monotonic())
            self.stop.wait(next_at - time.monotonic())

    def _sending(self) -> None:
        failures = 0
        while not self.stop.is_set():
            seen = self._mark()
            try:
                self.shipper.round()
                failures = 0
            except UzError as error:
                failures += 1
                log.debug("%s", error)
            pause = min(2.0**failures, LONGEST_PAUSE) if failures else self.interval
            self._until(time.monotonic() + pause, seen, patient=bool(failures))

    def _until(self, end: float, seen: object, *, patient: bool) -> None:
        """Wait; where all is well no longer than until there is something new."""
        while not self.stop.wait(min(STEP, max(0.0, end - time.monotonic()))):
            if time.monotonic() >= end or (not patient and self._mark() != seen):
                return

    def _mark(self) -> object:
        """What changes with each beat, each backup and each restore point."""
        try:
            repository = current_repository(self.place.layout)
            folders = (repository.catalogs, repository.points)
            return self.shipper.beaten, *(one.stat().st_mtime_ns for one in folders)
        except (OSError, UzError):
            return None

    def _telling(self) -> None:
        before: str | None = None
        while True:
            state = replace(self.shipper.seen(), at=datetime.now(UTC))
            if self.trouble and not state.error:
                state = replace(state, error=self.trouble)
            line = told(state)
            if line != before:
                log.info("%s", line)
                before = line
            self._written(state)
            if self.stop.wait(WRITTEN if before else STEP):
                return

    def _written(self, state: Shipping) -> None:
        """Write it down, and ask for a backup where it is time; say once why that cannot be."""
        why = ""
        try:
            self.catching_up.look(state)
            self._write(state)
        except UzError as error:
            why = str(error)
        if why and why != self.unwritten:
            log.warning("%s", why)
        self.unwritten = why

    def _write(self, state: Shipping) -> None:
        layout = self.place.layout
        write_shipping(layout, state)
        repository = current_repository(layout)
        safe = encrypted(repository, self.shipper.engine(repository))
        write_metrics(layout, watched(layout, state, _jobs(self.place), safe))


def _jobs(place: Place) -> tuple[Job, ...]:
    try:
        found = jobs(place.layout)
    except UzError:
        return ()
    return tuple(
        Job(one.job.name, one.last.ended, not one.failed) for one in found if one.last is not None
    )


def service_of(place: Place) -> Service:
    """The service of a place as it was applied. Raises UzError."""
    stop = threading.Event()
    backups = wanted_backups(place)

    def engine(repository: Repository) -> Engine:
        return engine_for(place, repository)

    shipper = Shipper(
        place.layout,
        backups,
        engine,
        (lambda: store_for(place)) if backups.offsite else None,
        lambda repository, keep: pruned_files(place, repository, keep),
        stop,
        protection=lambda store: lacks(store, backups.lock),
    )
    last = read_shipping(place.layout)
    if last is not None:  # what is known to be off-site does not change with a restart
        shipper.state = replace(last, error="", hint="")
    return Service(place, shipper, CatchingUp(place.layout), stop)


def main(words: list[str]) -> int:
    """Run until SIGTERM; the exit code is 2 where something has to be mended first."""
    logging.basicConfig(stream=sys.stderr, level="INFO", format="%(asctime)s %(message)s")
    logging.getLogger("botocore").setLevel("ERROR")
    os.umask(0o077)
    try:
        service = service_of(applied_place(layout_at(Path(words[0]))))
    except UzError as error:
        log.error("%s%s", error, f" ({error.hint})" if error.hint else "")
        return error.exit_code
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop.set())
    service.run()
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    logging.shutdown()
    os._exit(code)  # not waiting for what hangs in the network: nothing is left half-done by that
