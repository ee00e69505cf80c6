"""What is remembered beside the repository: the last success, and how shipping is doing."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from uz.targets.local.folders import write
from uz.targets.local.layout import Layout

FORMAT = 1


@dataclass(frozen=True)
class Shipping:
    """How the way off-site is. Sizes in bytes, times in UTC.

    `covered_at`: all that was written to the database until then is off-site. `published` is the
    key of the newest catalog there. `error` is empty while all is well.
    """

    at: datetime | None = None
    """When this was written down."""
    offsite: str = ""
    """Where copies go; empty where there is no such place."""
    repository: str = ""
    succeeded_at: datetime | None = None
    """When the last time was that nothing was left to send."""
    covered_at: datetime | None = None
    published: str = ""
    published_at: datetime | None = None
    """When the backup was complete that the newest catalog off-site is about."""
    queue_files: int = 0
    queue_bytes: int = 0
    waiting_since: datetime | None = None
    """From when the oldest file is that waits to be sent."""
    local_bytes: int = 0
    offsite_bytes: int = 0
    overwritten: tuple[str, ...] = ()
    """Objects that somebody wrote over, some of them. The first version counts, nothing is lost."""
    unprotected: tuple[str, ...] = ()
    """What the bucket lacks that would keep others from removing what is in it, a line each."""
    disk_free: int = 0
    disk_low: bool = False
    gap_since: datetime | None = None
    """From when log was dropped because the disk was full, until the next backup."""
    dropped: int = 0
    """How many files of the log were dropped since then."""
    error: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Succeeded:
    """The last backups that were taken to their end. `seconds` is what the last one took."""

    at: datetime | None = None
    label: str = ""
    kind: str = ""
    seconds: float = 0.0
    catalog: str = ""
    offsite: bool = False
    dropped: int = 0
    """WAL files that were dropped in all gaps that are closed."""
    notes: tuple[str, ...] = field(default=())
    """What could not be backed up, a line each."""

    def arrived(self) -> "Succeeded":
        """The same, off-site."""
        return replace(self, offsite=True)


def read_shipping(layout: Layout) -> Shipping | None:
    """How shipping is doing; None where nothing was written down, or it cannot be read."""
    form = _read(layout.repositories / "shipping.json")
    return None if form is None else Shipping(**_known(Shipping, form))


def write_shipping(layout: Layout, shipping: Shipping) -> None:
    """Write down how shipping is doing. Raises MachineError."""
    _write(layout.repositories / "shipping.json", asdict(shipping))


def read_succeeded(layout: Layout) -> Succeeded | None:
    """The last success; None where there was none, or it cannot be read."""
    form = _read(layout.repositories / "backups.json")
    return None if form is None else Succeeded(**_known(Succeeded, form))


def write_succeeded(layout: Layout, succeeded: Succeeded) -> None:
    """Write down a success. Raises MachineError."""
    _write(layout.repositories / "backups.json", asdict(succeeded))


def _write(path: Path, form: Mapping[str, Any]) -> None:
    text = json.dumps({"format": FORMAT, **form}, indent=1, default=lambda value: value.isoformat())
    write(path, text + "\n")


def _read(path: Path) -> dict[str, Any] | None:
    """What is written there; what is damaged is as good as not there: it is written anew."""
    try:
        form = json.loads(path.read_text())
        times = {
            name: datetime.fromisoformat(value)
            for name, value in form.items()
            if (name == "at" or name.endswith(("_at", "_since"))) and value is not None
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return {**form, **times} if form.get("format") == FORMAT else None


def _known(kind: type[Any], form: Mapping[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)}
    found = {name: value for name, value in form.items() if name in names}
    return {name: tuple(one) if isinstance(one, list) else one for name, one in found.items()}
