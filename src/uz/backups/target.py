"""To which moment a database is to be restored."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from uz.errors import BackupError

LABEL = re.compile(r"[A-Za-z0-9._-]{1,80}")


class Aim(StrEnum):
    """What kind of moment it is."""

    LATEST = "latest"
    TIME = "time"
    POINT = "point"
    BACKUP = "backup"


@dataclass(frozen=True)
class Target:
    """The last of what is there, a time, a named restore point, or the end of one backup.

    `at` is in UTC, and there for a time and a point; `name` for a point and a backup.
    """

    aim: Aim = Aim.LATEST
    at: datetime | None = None
    name: str = ""

    def __str__(self) -> str:
        """As people say it."""
        if self.aim is Aim.LATEST:
            return "the latest there is"
        if self.aim is Aim.BACKUP:
            return f"the end of backup {self.name}"
        assert self.at is not None
        moment = told(self.at)
        return f"restore point {self.name} of {moment}" if self.aim is Aim.POINT else moment


LATEST = Target()


def told(moment: datetime) -> str:
    """A moment, as people read it: to the second, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def to_time(moment: datetime) -> Target:
    """The state at a moment."""
    return Target(Aim.TIME, moment.astimezone(UTC))


def to_point(name: str, at: datetime) -> Target:
    """The state at a restore point, which was made at this moment."""
    return Target(Aim.POINT, at.astimezone(UTC), name)


def parse_target(text: str) -> Target:
    """Read what `--to` was given: `latest`, an ISO time (UTC without a zone), or a backup's label.

    Raises BackupError where it is none of them.
    """
    word = text.strip()
    if word.lower() == "latest":
        return LATEST
    try:
        moment = datetime.fromisoformat(word)
        return to_time(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        pass
    if not LABEL.fullmatch(word) or not re.search(r"\d", word):
        raise BackupError(
            f"--to {text[:60]!r}: neither a time nor a backup",
            hint='Write "latest", a time such as 2026-11-26T17:30:00 (UTC, or with a zone:'
            " …+01:00), or a label that `uz backup list` shows.",
        )
    return Target(Aim.BACKUP, name=word)
