"""Secrets in memory, for tests: a source, and a manager that keeps versions."""

from collections.abc import Mapping
from datetime import UTC, datetime

from uz.errors import SecretError
from uz.managers import Kept
from uz.secret import Secret


class MemorySecrets:
    """A source of secrets that lives as long as the test."""

    def __init__(self, values: Mapping[str, bytes] | None = None) -> None:
        """Begin with these values."""
        self.values = {name: Secret(value) for name, value in (values or {}).items()}

    def read(self, name: str) -> Secret | None:
        """The secret, or None."""
        return self.values.get(name)

    def write(self, name: str, secret: Secret) -> None:
        """Keep it."""
        self.values[name] = secret

    def remove(self, name: str) -> None:
        """Forget it."""
        self.values.pop(name, None)

    def names(self) -> tuple[str, ...]:
        """The names, sorted."""
        return tuple(sorted(self.values))


class MemoryManager:
    """A secrets manager in memory. `failing`: what every call raises, where a test sets it."""

    name = "a manager in memory"

    def __init__(self) -> None:
        """Begin empty."""
        self.versions: dict[str, list[Kept]] = {}
        self.failing: SecretError | None = None

    def read(self, path: str, *, parameters: Mapping[str, str] | None = None) -> Kept | None:
        """The newest version, or the one that `version` names."""
        self._answer()
        found = self.versions.get(path, [])
        version = (parameters or {}).get("version", "")
        if version:
            return next((one for one in found if one.version == version), None)
        return found[-1] if found else None

    def write(self, path: str, fields: Mapping[str, Secret]) -> Kept:
        """One version more."""
        self._answer()
        for name, secret in fields.items():
            try:
                secret.reveal().decode()
            except UnicodeDecodeError:  # it holds the value
                raise SecretError(f"{path}: {name!r} is not UTF-8 text") from None
        found = self.versions.setdefault(path, [])
        found.append(Kept(dict(fields), str(len(found) + 1), datetime.now(UTC)))
        return found[-1]

    def remove(self, path: str) -> None:
        """Forget all versions."""
        self._answer()
        self.versions.pop(path, None)

    def paths(self, prefix: str) -> tuple[str, ...]:
        """All paths below a prefix, sorted."""
        self._answer()
        return tuple(sorted(one for one in self.versions if one.startswith(f"{prefix}/")))

    def _answer(self) -> None:
        if self.failing is not None:
            raise self.failing
