"""What every secrets manager can do for Uz, whichever it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from uz.secret import Secret

WHOLE = ""
"""The field that stands for all of a secret, where a manager keeps one value and no fields."""
VALUE = "value"
"""The field in which Uz keeps what it made up."""


@dataclass(frozen=True)
class Kept:
    """One secret as a manager keeps it: its fields, its version and when that was written."""

    fields: Mapping[str, Secret]
    version: str
    written_at: datetime | None = None


class Manager(Protocol):
    """A secrets manager that Uz is logged in to.

    Each method raises UnreachableError where the network, or the manager behind it, gives no
    answer in time; RefusedError where it does not let Uz in or does not allow it; SecretError for
    everything else, such as a manager that is sealed. No message holds a value.
    """

    @property
    def name(self) -> str:
        """What messages call it, such as `OpenBao at https://127.0.0.1:20820`."""
        ...

    def read(self, path: str, *, parameters: Mapping[str, str] | None = None) -> Kept | None:
        """What is at a path, or None where nothing is. `parameters`: as in a reference."""
        ...

    def write(self, path: str, fields: Mapping[str, Secret]) -> Kept:
        """Keep fields at a path as a new version; return it. Values are UTF-8 text."""
        ...

    def remove(self, path: str) -> None:
        """Forget a path with all its versions; nothing happens where there is none."""
        ...

    def paths(self, prefix: str) -> tuple[str, ...]:
        """All paths below a prefix, sorted; never values."""
        ...
