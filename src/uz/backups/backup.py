"""A backup of the database, as an engine describes it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BackupKind(StrEnum):
    """How much a backup holds."""

    FULL = "full"
    DIFFERENTIAL = "differential"
    INCREMENTAL = "incremental"


@dataclass(frozen=True)
class Backup:
    """One backup that was taken to its end. Sizes in bytes, times in UTC.

    `needs` are the labels of the backups without which it cannot be restored. A restore reaches a
    consistent state with the log from `first_wal` to `last_wal`, not before `ended`. `cluster` is
    PostgreSQL's system identifier.
    """

    label: str
    kind: BackupKind
    started: datetime
    ended: datetime
    needs: tuple[str, ...]
    first_wal: str
    last_wal: str
    size: int
    stored: int
    cluster: str
    version: int
    """PostgreSQL's major version."""
