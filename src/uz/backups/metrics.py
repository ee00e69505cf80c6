"""What is watched of backups, in the text format of Prometheus."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

NAMESPACE = "uz_backups"


@dataclass(frozen=True)
class Job:
    """How a job ended last."""

    name: str
    ended: datetime | None
    succeeded: bool


@dataclass(frozen=True)
class Watched:
    """All that is told. Unknown is None, and not written: an alert has to ask for that as well."""

    app: str
    environment: str
    now: datetime
    newest_offsite: datetime | None = None
    """When the newest backup off-site was complete."""
    newest_backup: datetime | None = None
    backup_seconds: float | None = None
    log_offsite: datetime | None = None
    """Up to when all of the database's log is off-site."""
    shipped: datetime | None = None
    """When nothing was left to send."""
    queue_files: int | None = None
    queue_bytes: int | None = None
    local_bytes: int | None = None
    offsite_bytes: int | None = None
    overwritten: int | None = None
    disk_free: int | None = None
    disk_low: bool | None = None
    failing: bool | None = None
    gap: bool | None = None
    dropped: int | None = None
    encrypted: bool | None = None
    drill: datetime | None = None
    """When a drill last held."""
    drill_seconds: float | None = None
    jobs: tuple[Job, ...] = field(default=())


Value = datetime | float | bool | None


def exposition(watched: Watched) -> str:
    """The metrics, each with what it says and its kind."""
    common = {"app": watched.app, "environment": watched.environment}
    lines: list[str] = []
    for name, text, value in _plain(watched):
        lines += _metric(name, text, [(common, value)])
    ended = [({**common, "job": one.name}, one.ended) for one in watched.jobs]
    held = [({**common, "job": one.name}, one.succeeded) for one in watched.jobs]
    lines += _metric("job_last_end_timestamp_seconds", "When a job ended last.", ended)
    lines += _metric("job_last_success", "Whether a job succeeded when it ran last.", held)
    return "".join(f"{line}\n" for line in lines)


def _plain(watched: Watched) -> Iterable[tuple[str, str, Value]]:
    one = watched
    lag = None if one.log_offsite is None else max(0.0, (one.now - one.log_offsite).total_seconds())
    return (
        ("offsite_newest_timestamp_seconds", "When the newest backup off-site was complete.",
         one.newest_offsite),
        ("last_success_timestamp_seconds", "When the last backup succeeded.", one.newest_backup),
        ("last_duration_seconds", "How long the last backup took.", one.backup_seconds),
        ("wal_offsite_timestamp_seconds", "Up to when the log of the database is off-site.",
         one.log_offsite),
        ("wal_lag_seconds", "How much of the log is not off-site yet.", lag),
        ("shipped_timestamp_seconds", "When nothing was left to send off-site.", one.shipped),
        ("queue_files", "Files that wait to be sent off-site.", one.queue_files),
        ("queue_bytes", "Size of what waits to be sent off-site.", one.queue_bytes),
        ("local_repository_bytes", "Size of the repositories on this machine.", one.local_bytes),
        ("offsite_repository_bytes", "Size of what is off-site.", one.offsite_bytes),
        ("overwritten_objects", "Objects off-site that somebody wrote over.", one.overwritten),
        ("disk_free_bytes", "Free disk where the repository is.", one.disk_free),
        ("disk_low", "Whether less is free than backups.reserve.", one.disk_low),
        ("shipping_failing", "Whether the last try to send something failed.", one.failing),
        ("gap", "Whether log was dropped since the last backup.", one.gap),
        ("dropped_wal_files", "Files of the log that were dropped in all.", one.dropped),
        ("encrypted", "Whether the repository is encrypted, as its first bytes say.",
         one.encrypted),
        ("drill_last_success_timestamp_seconds", "When a drill last held.", one.drill),
        ("drill_duration_seconds", "How long the restore took in that drill.", one.drill_seconds),
    )  # fmt: skip


def _metric(
    name: str, text: str, samples: Iterable[tuple[dict[str, str], Value]]
) -> tuple[str, ...]:
    known = [(labels, value) for labels, value in samples if value is not None]
    if not known:
        return ()
    full = f"{NAMESPACE}_{name}"
    rows = [f"{full}{{{_labels(labels)}}} {_number(value)}" for labels, value in known]
    return (f"# HELP {full} {text}", f"# TYPE {full} gauge", *rows)


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: datetime | float | bool) -> str:
    if isinstance(value, datetime):
        return f"{value.timestamp():.3f}"
    return str(int(value)) if isinstance(value, bool | int) else f"{value:.3f}"
