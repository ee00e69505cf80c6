"""A place in a secrets manager as the source of what Uz makes up."""

from dataclasses import dataclass

from uz.errors import SecretError
from uz.managers.protocol import VALUE, Kept, Manager
from uz.secret import Secret


@dataclass(frozen=True)
class ManagedSecrets:
    """Secrets below one prefix of a manager, each in the field `value`."""

    manager: Manager
    prefix: str

    def kept(self, name: str) -> Kept | None:
        """What the manager keeps under a name, with its version."""
        return self.manager.read(self.path(name))

    def path(self, name: str) -> str:
        """Where in the manager a name is."""
        return f"{self.prefix}/{name}"

    def read(self, name: str) -> Secret | None:
        """Return the secret of this name, or None where there is none. Raises SecretError."""
        found = self.kept(name)
        if found is None:
            return None
        if VALUE not in found.fields:
            raise SecretError(
                f"{self.manager.name}: {self.path(name)} has no field {VALUE!r}",
                hint="Uz keeps its secrets there: put it back, or remove the path.",
            )
        return found.fields[VALUE]

    def write(self, name: str, secret: Secret) -> None:
        """Store the secret as a new version."""
        self.manager.write(self.path(name), {VALUE: secret})

    def remove(self, name: str) -> None:
        """Forget the secret with all its versions."""
        self.manager.remove(self.path(name))

    def names(self) -> tuple[str, ...]:
        """List the names, sorted; never the values."""
        found = self.manager.paths(self.prefix)
        return tuple(path.removeprefix(f"{self.prefix}/") for path in found)
