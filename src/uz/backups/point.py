"""A restore point: a named moment, and what all tables held then, to compare a restore with."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from uz.backups.catalog import STAMP
from uz.errors import BackupError


@dataclass(frozen=True)
class Table:
    """How many rows a table had, and a checksum that does not depend on their order."""

    rows: int
    checksum: str


@dataclass(frozen=True)
class Point:
    """What the app's database held at one place in its log.

    `tables` are by schema and name, as in `public.orders`; `structure` is a digest of columns,
    indexes, constraints, views, functions and sequences' definitions. `objects` has a digest of
    each, by kind and name, as in `index public.orders_pkey`; `left_out` says of a table why it is
    not among them.
    """

    name: str
    at: datetime
    lsn: str
    cluster: str
    repository: str
    tables: Mapping[str, Table]
    structure: str
    objects: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), default=lambda value: value.isoformat())

    @property
    def key(self) -> str:
        """Where it lies, sealed, below the environment's prefix: later ones sort later."""
        return f"{self.repository}/points/{self.at.astimezone(UTC):{STAMP}}.age"


def parse_point(text: str | bytes) -> Point:
    """Read a restore point. Raises BackupError where it is none."""
    try:
        found = json.loads(text)
        tables = {name: Table(**one) for name, one in found["tables"].items()}
        return Point(**{**found, "at": datetime.fromisoformat(found["at"]), "tables": tables})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"a recorded restore point is damaged: {error}") from error
