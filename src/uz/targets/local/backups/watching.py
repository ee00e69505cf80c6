"""Gathering what is watched of an environment's backups, and writing it for Prometheus."""

from datetime import UTC, datetime
from pathlib import Path

from uz.backups.drilled import HISTORY, last_held, read_history
from uz.backups.engine import Engine
from uz.backups.metrics import Job, Watched, exposition
from uz.backups.pgbackrest_files import SALTED
from uz.errors import UzError
from uz.targets.local.backups.records import Shipping, Succeeded, read_succeeded
from uz.targets.local.backups.repository import Repository
from uz.targets.local.folders import write
from uz.targets.local.layout import Layout

RESTIC_PLAIN = b"{"
"""What restic's own configuration would begin with if it were not encrypted."""


def watched(
    layout: Layout, shipping: Shipping, jobs: tuple[Job, ...], encrypted: bool | None
) -> Watched:
    """All figures, from what is written down beside the repository and from `shipping`."""
    known = read_succeeded(layout) or Succeeded()
    drill = last_held(read_history(layout.repositories / HISTORY))
    away = bool(shipping.offsite)
    return Watched(
        app=layout.app,
        environment=layout.environment,
        now=datetime.now(UTC),
        newest_offsite=shipping.published_at,
        newest_backup=known.at,
        backup_seconds=known.seconds if known.at else None,
        log_offsite=shipping.covered_at,
        shipped=shipping.succeeded_at,
        queue_files=shipping.queue_files if away else None,
        queue_bytes=shipping.queue_bytes if away else None,
        local_bytes=shipping.local_bytes,
        offsite_bytes=shipping.offsite_bytes if away else None,
        overwritten=len(shipping.overwritten) if away else None,
        disk_free=shipping.disk_free,
        disk_low=shipping.disk_low,
        failing=bool(shipping.error),
        gap=shipping.gap_since is not None,
        dropped=known.dropped + shipping.dropped,
        encrypted=encrypted,
        drill=drill.at if drill else None,
        drill_seconds=drill.seconds if drill else None,
        jobs=jobs,
    )


def encrypted(repository: Repository, engine: Engine) -> bool | None:
    """Whether the repository's own files are; None where there are none yet. Raises nothing."""
    try:
        indexes = [repository.database / one for one in engine.index()]
        begun = [_beginning(one) == SALTED for one in indexes if one.exists()]
        config = repository.files / "config"
        if config.exists():
            begun.append(not _beginning(config).startswith(RESTIC_PLAIN))
    except (OSError, UzError):
        return None
    return all(begun) if begun else None


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(SALTED))


def write_metrics(layout: Layout, found: Watched) -> None:
    """Write them for whoever scrapes: readable for all who may pass. Raises MachineError."""
    write(layout.repositories / "metrics.prom", exposition(found), 0o640, gid=_group(layout))


def read_metrics(layout: Layout) -> str:
    """What was written last. Raises UzError where nothing was."""
    path = layout.repositories / "metrics.prom"
    try:
        return path.read_text()
    except FileNotFoundError as error:
        raise UzError(
            f"{path}: not there: nothing is watched yet",
            hint="`uz up` starts shipping, which writes it.",
        ) from error


def _group(layout: Layout) -> int:
    return layout.repositories.stat().st_gid
