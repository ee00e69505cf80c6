"""Files as secrets, for development: `ref+file://path` and `ref+file://path#/key`.

Anybody who reads the disk reads them, so they are for values that open nothing.
"""

import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from uz.errors import SecretError
from uz.managers.inside import as_secret, object_in
from uz.managers.protocol import WHOLE, Kept
from uz.secret import Secret

LARGEST = 2**20
"""Bytes, as in the secrets managers."""


@dataclass(frozen=True)
class FileManager:
    """Files of a project, only read. Paths are relative to its folder, or absolute."""

    project: Path

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"files in {self.project}"

    def read(self, path: str, *, parameters: Mapping[str, str] | None = None) -> Kept | None:  # noqa: ARG002
        """The file WHOLE, byte for byte; where it holds JSON, each value in it by its key too.

        The key of a value further inside is the keys on the way to it, parted by `/`.
        """
        try:
            with open(self.project / path, "rb", opener=_at_once) as file:  # noqa: PTH123
                found = os.fstat(file.fileno())
                # nothing is read of a pipe or a device, which may never end
                content = file.read(LARGEST + 1) if stat.S_ISREG(found.st_mode) else None
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            why = error.strerror or "unreadable"
            raise SecretError(f"{path}: cannot be read: {why}", hint="Look at the file.") from error
        if content is None:
            raise SecretError(f"{path}: is no file", hint="A secret is read from a file.")
        if len(content) > LARGEST:
            raise SecretError(
                f"{path}: more than {LARGEST:,} bytes", hint="A secret is a key or a password."
            )
        whole = Secret(content)
        fields = {WHOLE: whole, **dict(_flat("", object_in(whole)))}
        written_at = datetime.fromtimestamp(found.st_mtime, UTC)
        return Kept(fields, str(found.st_mtime_ns), written_at)

    def write(self, path: str, fields: Mapping[str, Secret]) -> NoReturn:  # noqa: ARG002
        """Refused: what Uz writes goes to a secrets manager."""
        self._only_read(path)

    def remove(self, path: str) -> NoReturn:
        """Refused: the file is the user's."""
        self._only_read(path)

    def paths(self, prefix: str) -> tuple[str, ...]:
        """All files below a folder, sorted."""
        top = self.project / prefix
        found = (Path(folder, name) for folder, _, names in os.walk(top) for name in names)
        return tuple(sorted(f"{Path(prefix) / one.relative_to(top)}" for one in found))

    def _only_read(self, path: str) -> NoReturn:
        raise SecretError(
            f"{path}: a file is only read", hint="Write it with an editor, or use a manager."
        )


def _at_once(path: str, flags: int) -> int:
    """Open without waiting for whoever may write into a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def _flat(above: str, value: Any) -> Iterator[tuple[str, Secret]]:
    """What is in a JSON object, by the way that leads to it."""
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from _flat(f"{above}/{key}" if above else key, inside)
        return
    secret = as_secret(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    if secret is not None:
        yield above, secret
