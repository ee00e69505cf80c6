"""A database restored into a private place: planned, fetched, unpacked, recovered, and timed."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from uz.backups.engine import Engine
from uz.backups.inventory import Naming
from uz.backups.log_needed import MissingLogError
from uz.backups.plan import Plan, Rates, plan
from uz.backups.target import Target
from uz.components.database.scripts import major
from uz.errors import BackupError, MachineError
from uz.machine import Machine
from uz.stack import Owner
from uz.targets.local.backups.fetching import LONGEST, room_for
from uz.targets.local.backups.private_log import EndedEarlyError
from uz.targets.local.backups.private_server import PrivateServer, end_leftover
from uz.targets.local.backups.sources import Source
from uz.targets.local.folders import disk_errors, folder
from uz.targets.local.users import isolated, user_of
from uz.waiting import met

ON_ITS_WAY = timedelta(minutes=2)
"""Files of the log travel side by side: one that is younger may have overtaken the missing one."""
ARRIVES = 20.0
"""Seconds that a missing log file gets to arrive, where a later one came just now."""
UNPACKED = 1.1
"""How much more disk a restored cluster takes than its backup says it holds."""
KEPT_LOG = 128
"""Log files of 16 MiB that a recovering server may keep at once (its max_wal_size is 2 GB)."""

Progress = Callable[[str, str], None]
"""Told what happens: a phase, and what became of it."""


@dataclass(frozen=True)
class Workshop:
    """What a restore is done with. `engine` makes one for a repository's folder, which keeps what
    it needs in the second folder; `naming` is any engine of the same kind."""

    machine: Machine
    engine: Callable[[Path, Path], Engine]
    naming: Naming
    rates: Rates | None = None


@dataclass
class Restored:
    """A restored database, served privately. `seconds` by phase: fetch, restore, recover."""

    server: PrivateServer
    plan: Plan
    where: str
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The folder of the cluster."""
        return self.server.data


def planned(shop: Workshop, source: Source, target: Target, *, everything: bool = False) -> Plan:
    """Decide how to reach a target from a source. Raises BackupError.

    A log file that is missing while later ones came just now gets a moment to arrive.
    """
    made: list[Plan] = []
    last: list[MissingLogError] = []

    def now() -> datetime:
        return datetime.now(UTC)

    def there() -> bool:
        try:
            made.append(
                plan(source.found(), target, now(), shop.naming,
                     rates=shop.rates, everything=everything)
            )  # fmt: skip
        except MissingLogError as error:
            last[:] = [error]
            return now() - error.after > ON_ITS_WAY
        return True

    met(there, ARRIVES)
    if not made:
        raise last[0]
    _same_version(made[0], shop.machine)
    return made[0]


def needed(chosen: Plan, source: Source) -> int:
    """Bytes of disk that a restore takes at most."""
    log = min(chosen.logs, KEPT_LOG) * 2**24
    return (0 if source.here else chosen.size) + round(chosen.backup.size * UNPACKED) + log


@contextmanager
def restored(
    shop: Workshop,
    source: Source,
    chosen: Plan,
    scratch: Path,
    *,
    until: Target | None = None,
    promote: bool = False,
    durable: bool = False,
    within: float = LONGEST,
    progress: Progress = lambda _phase, _what: None,
) -> Iterator[Restored]:
    """Restore as planned into a folder of its own, which is gone in the end with all that runs.

    `until`: stop at another target that the plan reaches as well, to be moved on from there.
    `promote`: end the recovery, so that it takes writes. `durable`: what is restored is on the
    disk, to be used. `within`: seconds for each phase. Raises UzError.
    """
    clear(scratch)
    room_for(needed(chosen, source), scratch, "the restore")
    made = Restored(
        PrivateServer(scratch / "data", scratch / "server", shop.machine, durable=durable),
        chosen,
        source.where,
    )
    try:
        folder(scratch, 0o711 if isolated() else 0o700)
        what = "nothing, all is here" if source.here else f"{chosen.size / 2**20:,.1f} MiB"
        with _timed(made, "fetch", progress, what):
            repository = source.repository(chosen, scratch / "fetched", within=within)
        with _timed(made, "restore", progress, f"backup {chosen.backup.label}"):
            _unpacked(shop, repository, chosen, scratch)
        with made.server as server:
            with _timed(made, "recover", progress, f"{chosen.logs} log files"):
                try:
                    server.reach(until or chosen.target, within=within, promote=promote)
                except EndedEarlyError:
                    made.plan = _more(shop, source, made.plan, scratch, within)
                    server.reach(until or chosen.target, within=within, promote=promote)
            yield made
    finally:
        clear(scratch)


def _more(shop: Workshop, source: Source, chosen: Plan, scratch: Path, within: float) -> Plan:
    """Fetch the log behind the target: it may be needed, after an outage it came late."""
    again = planned(shop, source, chosen.target, everything=True)
    if again.repository != chosen.repository or again.backup.label != chosen.backup.label:
        raise BackupError("the backups changed during the restore", hint="Run it again.")
    source.repository(again, scratch / "fetched", within=within)
    return again


def _unpacked(shop: Workshop, repository: Path, chosen: Plan, scratch: Path) -> None:
    servers = user_of(Owner.SERVERS)
    own = folder(scratch / "engine", 0o700, servers.uid, servers.gid)
    data = folder(scratch / "data", 0o700, servers.uid, servers.gid)
    folder(scratch / "data.tablespaces", 0o700, servers.uid, servers.gid)
    engine = shop.engine(repository, own)
    if chosen.backup.label not in {one.label for one in engine.backups()}:
        raise BackupError(
            f"the engine does not know backup {chosen.backup.label}, which the catalog names",
            hint="Its index is of another time, or damaged: `uz backup list` shows what there is.",
        )
    engine.restore(chosen.backup.label, data)
    if not (data / "PG_VERSION").is_file():
        raise BackupError(
            f"backup {chosen.backup.label} restored no database",
            hint="It is damaged: `--to` the label of another one; `uz backup list` shows them.",
        )


@contextmanager
def _timed(made: Restored, phase: str, progress: Progress, what: str) -> Iterator[None]:
    begun = time.monotonic()
    progress(phase, what)
    yield
    made.seconds[phase] = time.monotonic() - begun


def _same_version(chosen: Plan, machine: Machine) -> None:
    """Raise BackupError where PostgreSQL's major version here is another than the backup's."""
    own, needs = major(machine), chosen.backup.version
    if own != needs:
        raise BackupError(
            f"backup {chosen.backup.label} is of PostgreSQL {needs}, and this machine has"
            f" {own or 'none'}",
            hint=f"Write [database] version = {needs} into uz.toml (the package is"
            f" postgresql-{needs}); another version cannot read it.",
        )


def clear(scratch: Path) -> None:
    """End and remove what a restore left in a folder. Raises MachineError."""
    if not scratch.exists():
        return
    end_leftover(scratch / "data")
    shutil.rmtree(scratch, ignore_errors=True)
    if scratch.exists():
        with disk_errors(scratch):
            shutil.rmtree(scratch)
        if scratch.exists():
            raise MachineError(
                f"{scratch}: cannot be removed",
                hint="Is something in it in use, or mounted? `lsof +D` tells. Then run it again.",
            )
