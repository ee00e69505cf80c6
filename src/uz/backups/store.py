"""What an off-site store has to be able to do: keep objects that are written once."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Stored:
    """An object as it was first written. `overwritten`: somebody wrote to the key again, which
    changes nothing for whoever reads through a Store."""

    key: str
    size: int
    at: datetime
    version: str = ""
    overwritten: bool = False


class Store(Protocol):
    """A place for objects by key, of another failure domain. The first version of a key counts.

    The conformance suite is `uz.testing.store_conformance`. Every method raises
    StoreUnreachableError where nothing answers in time, StoreRefusedError where the credential may
    not do it, and StoreError for all else: no bucket, no such key.
    """

    def list(self, prefix: str = "") -> dict[str, Stored]:
        """All objects whose keys begin with this, by key."""
        ...

    def put(self, key: str, content: Path | bytes) -> None:
        """Write an object, whole or not at all. Raises StoreError where the key is taken by
        something else; an object of the same content may be put again."""
        ...

    def read(self, key: str) -> bytes:
        """The content of a small object."""
        ...

    def fetch(self, key: str, path: Path) -> None:
        """Write the content of an object into a file, which is there whole or not at all."""
        ...

    def remove(self, key: str) -> None:
        """Remove an object with all its versions; for the identity that may. Nothing happens where
        there is none."""
        ...
