"""The secrets that were delivered for shipping: they are there while the manager is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from uz.backups import PASSPHRASE
from uz.components.shipping import FOLDER
from uz.errors import SecretError
from uz.secret import Secret
from uz.targets.local.layout import Layout

FILES: Mapping[str, str] = MappingProxyType(
    {PASSPHRASE: "passphrase", "offsite/adder": "secret-key"}
)
"""The file of each below the service's credentials."""


@dataclass(frozen=True)
class DeliveredSecrets:
    """A source of these few secrets, which are read only. All else it does not have is an error:
    nothing may be made up because the manager does not answer."""

    layout: Layout

    def read(self, name: str) -> Secret:
        """The secret as the service reads it. Raises SecretError where it was not delivered."""
        path = self.layout.credentials / FOLDER / FILES.get(name, "-")
        try:
            return Secret(path.read_bytes())
        except OSError as error:
            raise SecretError(
                f"{name}: not delivered, and the secrets manager was not asked",
                hint="`uz up` delivers it.",
            ) from error

    def write(self, name: str, secret: Secret) -> None:  # noqa: ARG002
        """Raises SecretError: these are copies."""
        raise SecretError(f"{name}: delivered copies are not written", hint="`uz up` delivers it.")

    def remove(self, name: str) -> None:
        """Raises SecretError: these are copies."""
        raise SecretError(f"{name}: delivered copies are not removed", hint="`uz down` does that.")

    def names(self) -> tuple[str, ...]:
        """Those that are there."""
        folder = self.layout.credentials / FOLDER
        return tuple(sorted(name for name, file in FILES.items() if (folder / file).is_file()))
