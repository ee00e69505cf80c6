"""Secrets: a value that cannot be printed by accident, and where values come from.

`SecretSource` is the one seam: every password, key or token that Uz generates goes through it.
A secrets manager is behind it; `FileSecrets` is for development, and keeps them in a file.
"""

import base64
import errno
import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from uz.errors import SecretError


class Secret:
    """Bytes that show as `***` wherever they are printed, logged or formatted."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        """Hold the value; nothing but `reveal` gives it back."""
        self._value = value

    def reveal(self) -> bytes:
        """Return the value itself: call this at the last moment, and let it go at once."""
        return self._value

    def __repr__(self) -> str:
        """Hide the value."""
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare in constant time."""
        return isinstance(other, Secret) and secrets.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]


class SecretSource(Protocol):
    """Where secrets live. Names are paths such as `edge/tls-key`."""

    def read(self, name: str) -> Secret | None:
        """Return the secret of this name, or None where there is none."""
        ...

    def write(self, name: str, secret: Secret) -> None:
        """Store the secret, replacing an older one."""
        ...

    def remove(self, name: str) -> None:
        """Forget the secret; nothing happens where there is none."""
        ...

    def names(self) -> tuple[str, ...]:
        """List the names, sorted; never the values."""
        ...


def random_password() -> bytes:
    """Return 256 random bits in URL-safe text: fit for any server's password."""
    return secrets.token_urlsafe(32).encode()


def ensure(source: SecretSource, name: str, make: Callable[[], bytes] = random_password) -> Secret:
    """Return the secret, generating it on first use."""
    found = source.read(name)
    if found is None:
        found = Secret(make())
        source.write(name, found)
    return found


class FileSecrets:
    """A 0600 JSON file with base64 values: of one environment, for development."""

    def __init__(self, path: Path) -> None:
        """Remember the path; the file is made with the first secret."""
        self.path = path

    def _load(self) -> dict[str, str]:
        try:
            with self.path.open("rb") as file:
                loaded = json.load(file)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise SecretError(
                f"{self.path}: the secrets cannot be read: {error}",
                hint="Restore the file from a backup; without it every password is made anew.",
            ) from error
        if not isinstance(loaded, dict) or not all(isinstance(v, str) for v in loaded.values()):
            raise SecretError(f"{self.path}: not a table of secrets", hint="Restore the file.")
        return loaded

    def read(self, name: str) -> Secret | None:
        """Return the secret of this name, or None where there is none."""
        value = self._load().get(name)
        try:
            return None if value is None else Secret(base64.b64decode(value, validate=True))
        except ValueError as error:
            raise SecretError(
                f"{self.path}: the secret {name!r} is damaged", hint="Restore the file."
            ) from error

    def write(self, name: str, secret: Secret) -> None:
        """Store the secret: written beside, synced, renamed. Raises SecretError."""
        self._keep(self._load() | {name: base64.b64encode(secret.reveal()).decode()}, name)

    def remove(self, name: str) -> None:
        """Forget the secret. Raises SecretError."""
        values = self._load()
        if values.pop(name, None) is not None:
            self._keep(values, name)

    def _keep(self, values: dict[str, str], name: str) -> None:
        fresh = self.path.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(values, file, indent=1, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            raise SecretError(
                f"{self.path}: the secret {name!r} cannot be stored:"
                f" {'the disk is full' if full else error.strerror}",
                hint="Free some space and run the command again." if full else "",
            ) from error

    def names(self) -> tuple[str, ...]:
        """List the names, sorted; never the values."""
        return tuple(sorted(self._load()))
