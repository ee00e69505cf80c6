"""Writing the catalog of what the repository holds, when a backup is complete."""

from datetime import UTC, datetime

from uz.backups.backup import Backup
from uz.backups.catalog import Catalog
from uz.backups.engine import Engine
from uz.backups.retention import WalRange
from uz.backups.shipment import DATABASE, FILES, goes
from uz.backups.wal import is_segment, number_of
from uz.targets.local.backups.inventory import local_files
from uz.targets.local.backups.repository import Repository
from uz.targets.local.folders import disk_errors, write


def write_catalog(
    repository: Repository, engine: Engine, name: str, snapshot: str, tally: str = ""
) -> Catalog:
    """Write down all that the repository holds now; it goes off-site when all of that is there.

    `name` is the engine's, `snapshot` that of the other files, `tally` what is in it. Raises
    BackupError, MachineError.
    """
    backups = engine.backups()
    catalog = Catalog(
        repository.id,
        datetime.now(UTC),
        name,
        backups,
        files_named(repository, engine, backups),
        {f"{DATABASE}{path}": _index(repository, path) for path in engine.index()},
        snapshot,
        tally,
    )
    write(repository.catalogs / catalog.key.rsplit("/", 1)[-1], catalog.text())
    return catalog


def files_named(
    repository: Repository, engine: Engine, backups: tuple[Backup, ...]
) -> dict[str, int]:
    """Sizes of the files of these backups, of the log that makes each whole, and of other files."""
    local = local_files(repository)
    inside = {path.removeprefix(DATABASE) for path in local if path.startswith(DATABASE)}
    own = {path for one in backups for path in engine.files_of(one.label, tuple(inside))}
    ranges = [WalRange(number_of(one.first_wal), number_of(one.last_wal)) for one in backups]
    for path in inside:
        segment = engine.segment_of(path)
        if is_segment(segment) and any(one.holds(segment) for one in ranges):
            own.add(path)
    named = {f"{DATABASE}{path}" for path in own if not engine.passing(path)}
    named |= {path for path in local if path.startswith(FILES) and goes(path)}
    return {path: local[path] for path in sorted(named)}


def _index(repository: Repository, path: str) -> bytes:
    file = repository.database / path
    with disk_errors(file):
        return file.read_bytes()
