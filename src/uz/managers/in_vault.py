"""One vault of several, for paths that begin with the vault's name, as references have them."""

from collections.abc import Mapping
from dataclasses import dataclass

from uz.errors import SecretError
from uz.managers.protocol import Kept, Manager
from uz.secret import Secret


@dataclass(frozen=True)
class InVault:
    """A manager as seen from outside: what is at `key` inside is at `VAULT/key` here."""

    manager: Manager
    vault: str

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.manager.name

    def read(self, path: str, *, parameters: Mapping[str, str] | None = None) -> Kept | None:
        """What is at a path."""
        return self.manager.read(self._inside(path), parameters=parameters)

    def write(self, path: str, fields: Mapping[str, Secret]) -> Kept:
        """Keep fields at a path."""
        return self.manager.write(self._inside(path), fields)

    def remove(self, path: str) -> None:
        """Forget a path."""
        self.manager.remove(self._inside(path))

    def paths(self, prefix: str) -> tuple[str, ...]:
        """All paths below a prefix, sorted."""
        return tuple(f"{self.vault}/{path}" for path in self.manager.paths(self._inside(prefix)))

    def _inside(self, path: str) -> str:
        vault, _, inside = path.partition("/")
        if vault != self.vault or not inside:
            raise SecretError(
                f"{path}: names no secret in the vault {self.vault!r}",
                hint="Write the vault's name, and the secret's name behind it.",
            )
        return inside
