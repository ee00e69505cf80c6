"""The sealed copy: the last secrets that the manager gave, for a while in which it is unreachable.

Encrypted as age does it, to an SSH key derived from the bootstrap credential. It is used when the
network fails or nothing answers, never when the manager refuses.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyrage
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from uz.errors import SecretError
from uz.secret import Secret
from uz.targets.local.folders import write
from uz.targets.local.layout import Layout

FUTURE = timedelta(minutes=5)
"""A copy from further ahead was made under another clock, so that its age is not known."""


@dataclass(frozen=True)
class Sealed:
    """A source of secrets that gives what the manager gave last."""

    values: Mapping[str, Secret]
    taken_at: datetime

    def read(self, name: str) -> Secret | None:
        """Return the secret of this name, or None where there was none."""
        return self.values.get(name)

    def write(self, name: str, secret: Secret) -> None:  # noqa: ARG002
        """Refuse. Raises SecretError."""
        raise SecretError(
            f"the secret {name!r} has to be made, and the secrets manager does not answer",
            hint="Run the command again when it does: the sealed copy is only read.",
        )

    def remove(self, name: str) -> None:
        """Refuse. Raises SecretError."""
        raise SecretError(
            f"the secret {name!r} has to be removed, and the secrets manager does not answer",
            hint="Run the command again when it does: the sealed copy is only read.",
        )

    def names(self) -> tuple[str, ...]:
        """List the names, sorted; never the values."""
        return tuple(sorted(self.values))


def seal(layout: Layout, key: Ed25519PrivateKey, values: Mapping[str, Secret]) -> None:
    """Keep what the manager gave just now."""
    form = {
        "taken_at": datetime.now(UTC).isoformat(),
        "values": {
            name: base64.b64encode(secret.reveal()).decode() for name, secret in values.items()
        },
    }
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    to = pyrage.ssh.Recipient.from_str(public.decode())
    write(layout.sealed, pyrage.encrypt(json.dumps(form).encode(), [to]), 0o600)


def unsealed(
    layout: Layout, key: Ed25519PrivateKey, oldest: timedelta, now: datetime
) -> Sealed | None:
    """The sealed copy, while it is not older than `oldest`; None where there is none to be used.

    Raises SecretError where it cannot be opened.
    """
    try:
        closed = layout.sealed.read_bytes()
    except OSError:
        return None
    found = _opened(layout, key, closed)
    age = now - found.taken_at
    return found if -FUTURE <= age <= oldest else None


def _opened(layout: Layout, key: Ed25519PrivateKey, closed: bytes) -> Sealed:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    try:
        form = json.loads(pyrage.decrypt(closed, [pyrage.ssh.Identity.from_buffer(private)]))
        values = {name: Secret(base64.b64decode(text)) for name, text in form["values"].items()}
        return Sealed(values, datetime.fromisoformat(form["taken_at"]))
    except (pyrage.DecryptError, ValueError, TypeError, KeyError) as error:
        raise SecretError(
            f"{layout.sealed}: the sealed copy cannot be opened",
            hint="Remove it: the next `uz up` with a manager that answers makes it anew.",
        ) from error
