"""Vault or OpenBao as a secrets manager: KV engines, version 2.

The first part of a path is the mount of the engine, the rest the path there.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import hvac
from hvac.exceptions import InvalidPath, VaultError

from uz.errors import SecretError
from uz.managers.protocol import Kept
from uz.managers.text import texts
from uz.managers.vault_errors import OWN, YOURS, absent, answered, errors, status_of, words_of
from uz.secret import Secret

__all__ = ["OWN", "YOURS", "VaultManager", "errors"]

ENTRY, REQUEST = 2**20, 32 * 2**20
"""Bytes that one entry and one request may have by default: `max_entry_size` of raft storage, and
`max_request_size`, beyond which the line is cut while more is sent."""


@dataclass(frozen=True)
class VaultManager:
    """A server that Uz is logged in to. `title` is OWN where Uz runs it, else YOURS."""

    client: hvac.Client = field(repr=False)
    title: str

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.title} at {self.client.url}"

    def read(self, path: str, *, parameters: Mapping[str, str] | None = None) -> Kept | None:
        """What is at a path now, or was in the version that `parameters` names."""
        mount, rest = self._parts(path)
        version = self._version(path, parameters or {})
        with errors(self.name):
            try:
                answer = self.client.secrets.kv.v2.read_secret_version(
                    rest, version=version, mount_point=mount, raise_on_deleted_version=True
                )
            except InvalidPath as error:
                if absent(error):
                    raise
                return None
        found = answered(self.name, answer)["data"]
        fields = {name: Secret(_text(value)) for name, value in found["data"].items()}
        return _kept(fields, found["metadata"])

    def write(self, path: str, fields: Mapping[str, Secret]) -> Kept:
        """Keep fields as a new version. Raises SecretError for what is no text, or too large."""
        mount, rest = self._parts(path)
        values = texts(path, fields)
        size = len(json.dumps(values))
        if size > REQUEST:
            raise self._too_large(path, size, REQUEST)
        with errors(self.name):
            try:
                answer = self.client.secrets.kv.v2.create_or_update_secret(
                    rest, values, mount_point=mount
                )
            except VaultError as error:
                if status_of(error) == 413 or "value being too large" in words_of(error):
                    raise self._too_large(path, size, ENTRY) from None
                raise
        if not isinstance(answer, dict):
            raise self._gone_astray(mount, rest)
        return _kept(dict(fields), answer["data"])

    def remove(self, path: str) -> None:
        """Forget a path with all its versions."""
        mount, rest = self._parts(path)
        with errors(self.name):
            self.client.secrets.kv.v2.delete_metadata_and_all_versions(rest, mount_point=mount)

    def paths(self, prefix: str) -> tuple[str, ...]:
        """All paths below a prefix, sorted; a mount alone is a prefix too."""
        mount, _, rest = prefix.strip("/").partition("/")
        return tuple(sorted(f"{mount}/{found}" for found in self._below(mount, rest)))

    def _below(self, mount: str, folder: str) -> Iterator[str]:
        with errors(self.name):
            try:
                answer = self.client.secrets.kv.v2.list_secrets(folder, mount_point=mount)
            except InvalidPath as error:
                if absent(error):
                    raise
                return
        for key in answered(self.name, answer)["data"]["keys"]:
            inside = f"{folder}/{key}" if folder else key
            if key.endswith("/"):
                yield from self._below(mount, inside.rstrip("/"))
            else:
                yield inside

    def _parts(self, path: str) -> tuple[str, str]:
        """Mount and rest. Raises SecretError for what would lead elsewhere in an address."""
        parts = path.split("/")
        if len(parts) < 2 or {"", ".", ".."} & set(parts):
            raise SecretError(
                f"{self.name}: {path!r} is no path of a secret there",
                hint="It is a mount and a path, as secret/stripe.",
            )
        return parts[0], "/".join(parts[1:])

    def _version(self, path: str, parameters: Mapping[str, str]) -> str | None:
        """The version asked for: the server takes 0 and less for the newest, which nobody means."""
        version = parameters.get("version")
        if version is not None and not (version.isdecimal() and int(version) > 0):
            raise SecretError(
                f"{self.name}: {path}: {version!r} is no version",
                hint="Versions are numbers from 1; without one the newest is read.",
            )
        return version

    def _too_large(self, path: str, size: int, limit: int) -> SecretError:
        return SecretError(
            f"{self.name}: {path}: {size:,} bytes are too many, it takes {limit:,} at a path",
            hint="A secret is a key or a password: encrypt a large file, and keep its key here.",
        )

    def _gone_astray(self, mount: str, rest: str) -> SecretError:
        """An engine of version 1 has taken it, at a path where nobody looks: take it back."""
        with suppress(VaultError):
            self.client.secrets.kv.v1.delete_secret(f"data/{rest}", mount_point=mount)
        return SecretError(
            f"{self.name}: {mount}/ is no KV engine, version 2",
            hint=f"`bao kv enable-versioning {mount}` makes it one; or name another mount.",
        )


def _text(value: Any) -> bytes:
    """A value as it is; one that is no text, as others may write it, in JSON."""
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).encode()


def _kept(fields: Mapping[str, Secret], metadata: Mapping[str, Any]) -> Kept:
    written_at = datetime.fromisoformat(metadata["created_time"])
    return Kept(fields, str(metadata["version"]), written_at)
