"""An off-site store of files in a folder, for tests of what stands on a Store."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from uz.backups.store import Stored
from uz.backups.written import disk_words, written
from uz.errors import StoreError, StoreRefusedError, StoreUnreachableError


@dataclass
class FolderStore:
    """Objects as files, at their keys. `down`: nothing answers; `refusing`: nobody may add.

    `put_keys` are the keys in the order in which they were put; `overwritten` those that somebody
    wrote again, as far as the store is to say so.
    """

    folder: Path
    down: bool = False
    refusing: bool = False
    put_keys: list[str] = field(default_factory=list)
    overwritten: set[str] = field(default_factory=set)

    def list(self, prefix: str = "") -> dict[str, Stored]:
        """All objects below a prefix, by key."""
        self._answer()
        keys = [str(one.relative_to(self.folder)) for one in self.folder.rglob("*") if _kept(one)]
        return {key: self._stored(key) for key in sorted(keys) if key.startswith(prefix)}

    def put(self, key: str, content: Path | bytes) -> None:
        """Write a file; the same again is fine, another is a StoreError."""
        self._answer()
        if self.refusing:
            raise StoreRefusedError(f"{self.folder}: {key} may not be written")
        data, path = content, self.folder / key
        if isinstance(data, Path):
            with disk_words(data):
                data = data.read_bytes()
        if path.is_file():
            if path.read_bytes() != data:
                raise StoreError(f"{self.folder}: {key} is taken by something else")
            return
        with disk_words(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with written(path) as file:
            file.write(data)
        self.put_keys.append(key)

    def read(self, key: str) -> bytes:
        """What a file holds."""
        self._answer()
        path = self.folder / key
        if not path.is_file():
            raise StoreError(f"{self.folder}: there is no {key}")
        return path.read_bytes()

    def fetch(self, key: str, path: Path) -> None:
        """Copy a file."""
        found = self.read(key)
        with written(path) as file:
            file.write(found)

    def remove(self, key: str) -> None:
        """Remove a file."""
        self._answer()
        if self.refusing:
            raise StoreRefusedError(f"{self.folder}: {key} may not be removed")
        (self.folder / key).unlink(missing_ok=True)

    def _answer(self) -> None:
        if self.down:
            raise StoreUnreachableError(f"{self.folder}: no answer", hint="It is told to be down.")

    def _stored(self, key: str) -> Stored:
        found = (self.folder / key).stat()
        at = datetime.fromtimestamp(found.st_mtime, UTC)
        return Stored(key, found.st_size, at, overwritten=key in self.overwritten)


def _kept(path: Path) -> bool:
    return path.is_file() and not (path.name.startswith(".") and path.name.endswith(".part"))
