"""What restic prints, read strictly: what is not known is an error, never nothing."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from uz.errors import BackupError


@dataclass(frozen=True)
class Snapshot:
    """One run of restic over some paths. `id` has 64 hexadecimal digits."""

    id: str
    at: datetime
    paths: tuple[str, ...]
    tags: tuple[str, ...]


def parse_snapshots(text: str) -> tuple[Snapshot, ...]:
    """What `restic snapshots --json` printed, oldest first. Raises BackupError."""
    try:
        found = [_snapshot(one) for one in json.loads(text)]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _unknown("snapshots", text) from error
    return tuple(sorted(found, key=lambda one: (one.at, one.id)))


def _snapshot(found: Any) -> Snapshot:
    at = datetime.fromisoformat(found["time"])
    number, paths, tags = found["id"], found["paths"], found.get("tags") or []
    words = [number, *paths, *tags]
    if not all(isinstance(one, str) for one in words) or not number.isalnum() or at.tzinfo is None:
        raise ValueError(number)
    return Snapshot(number, at, tuple(paths), tuple(tags))


def parse_summary(text: str) -> str:
    """The snapshot's id in what `restic backup --json` printed, short or whole.

    Raises BackupError.
    """
    try:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
        last = [one for one in found if one["message_type"] == "summary"]
        number = last[0]["snapshot_id"] if len(last) == 1 else ""
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _unknown("summary", text) from error
    if not isinstance(number, str) or not number.isalnum():
        raise _unknown("summary", text)
    return number


def parse_unread(text: str) -> tuple[str, ...]:
    """The paths that `restic backup --json` says it could not read, sorted; other lines are not
    about one."""
    found = set()
    for line in text.splitlines():
        try:
            said = json.loads(line)
            if said["message_type"] == "error":
                found.add(str(said["item"]))
        except (ValueError, TypeError, KeyError):
            continue
    return tuple(sorted(found))


def _unknown(what: str, text: str) -> BackupError:
    shown = f"{text.strip()[:80]!r}" if text.strip() else "nothing"
    return BackupError(
        f"restic's {what} cannot be understood: it printed {shown}",
        hint="Uz knows restic 0.14 and later: `restic version`.",
    )
