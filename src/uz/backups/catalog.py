"""The catalog: what a repository held when a backup was complete. Written off-site last of all.

An upload that was cut off leaves objects that no catalog names: a restore never sees them.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from uz.backups.backup import Backup, BackupKind
from uz.errors import BackupError

FORMAT = 1
STAMP = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class Catalog:
    """What is in one repository. `files` has the size of each file that a backup consists of;
    `index` the engine's own files about it, as they were: both by their paths in the repository,
    `database/…`, `files/…`. `snapshot` is that of the other files, and `tally`, sealed, what is
    in it; empty where nothing was counted."""

    repository: str
    taken_at: datetime
    engine: str
    backups: tuple[Backup, ...] = ()
    files: Mapping[str, int] = field(default_factory=dict)
    index: Mapping[str, bytes] = field(default_factory=dict)
    snapshot: str = ""
    tally: str = ""

    def text(self) -> str:
        """As JSON."""
        return json.dumps(
            {
                "format": FORMAT,
                "repository": self.repository,
                "taken_at": self.taken_at.isoformat(),
                "engine": self.engine,
                "backups": [asdict(one) for one in self.backups],
                "files": dict(self.files),
                "index": {name: base64.b64encode(one).decode() for name, one in self.index.items()},
                "snapshot": self.snapshot,
                "tally": self.tally,
            },
            indent=1,
            default=lambda value: value.isoformat(),
        )

    @property
    def key(self) -> str:
        """Where it lies, below the environment's prefix: later ones sort later."""
        return f"{self.repository}/catalogs/{self.taken_at.astimezone(UTC):{STAMP}}.json"


def parse_catalog(text: str | bytes) -> Catalog:
    """Read a catalog. Raises BackupError where it is none."""
    try:
        found = json.loads(text)
        if found["format"] != FORMAT:
            raise BackupError(
                f"a catalog of format {found['format']!r} is of another version of Uz",
                hint="Use the version that wrote it.",
            )
        return Catalog(
            found["repository"],
            datetime.fromisoformat(found["taken_at"]),
            found["engine"],
            tuple(map(_backup, found["backups"])),
            {str(name): int(size) for name, size in found["files"].items()},
            {name: base64.b64decode(one, validate=True) for name, one in found["index"].items()},
            str(found["snapshot"]),
            str(found.get("tally", "")),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(
            f"a catalog of the off-site backups is damaged: {type(error).__name__}: {error}",
            hint="An earlier one may be whole: `uz backup list` shows them.",
        ) from error


def _backup(found: Any) -> Backup:
    times = {name: datetime.fromisoformat(found[name]) for name in ("started", "ended")}
    kind, needs = BackupKind(found["kind"]), tuple(found["needs"])
    return Backup(**{**found, **times, "kind": kind, "needs": needs})
