"""The recovery kit: what brings the secrets back where the bootstrap credential is lost.

It is encrypted to the age recipient of `uz.toml`, or else a readable file that has to be taken off
the machine. It is never printed but when somebody asks for it.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pyrage

from uz.errors import SecretError
from uz.secret import Secret
from uz.spec import Spec
from uz.targets.local.bootstrap import FEWEST, Bootstrap
from uz.targets.local.folders import disk_errors, write
from uz.targets.local.layout import Layout

FORMAT = 1


@dataclass(frozen=True)
class Kit:
    """What is in the kit. `shares`: two of the three make a new root token of OpenBao, while its
    listener allows that (docs/threat-model.md)."""

    app: str
    environment: str
    bootstrap: Secret
    seal_key: Secret
    shares: tuple[Secret, ...]
    backup_passphrase: Secret
    authority_fingerprint: str

    def text(self) -> str:
        """As JSON, for the file."""
        made = datetime.now(UTC).isoformat(timespec="seconds")
        return json.dumps(
            {
                "what": "recovery kit of Uz: keep it off the machine, as safe as the secrets",
                "format": FORMAT,
                "app": self.app,
                "environment": self.environment,
                "made_at": made,
                "bootstrap": self.bootstrap.reveal().decode(),
                "seal_key": self.seal_key.reveal().decode(),
                "recovery_shares": [share.reveal().decode() for share in self.shares],
                "recovery_threshold": 2,
                "backup_passphrase": self.backup_passphrase.reveal().decode(),
                "authority_key_sha256": self.authority_fingerprint,
            },
            indent=1,
        )


def write_kit(layout: Layout, spec: Spec, kit: Kit) -> None:
    """Put the kit beside the environment: encrypted, where there is a recipient.

    Raises SecretError where the recipient is none.
    """
    recipient = spec.secrets.recovery_recipient
    if recipient is None:
        write(layout.recovery_kit, kit.text() + "\n", 0o400)
        return
    try:
        to = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError as error:
        raise SecretError(
            f"secrets.recovery_recipient: {recipient}: {error}",
            hint="`age-keygen` prints one: the line that begins with `Public key:`.",
        ) from error
    write(layout.sealed_kit, pyrage.encrypt(kit.text().encode(), [to]), 0o400)


def bootstrap_in(text: str, layout: Layout) -> Bootstrap:
    """The bootstrap credential from the text of a kit.

    Raises SecretError where it is none, or another environment's.
    """
    try:
        found = json.loads(text)
        whose, secret = (found["app"], found["environment"]), found["bootstrap"]
    except (ValueError, TypeError, KeyError) as error:
        raise SecretError(
            "this is no recovery kit of Uz",
            hint="One that ends with .age is decrypted first: age --decrypt -i KEY FILE.",
        ) from error
    if whose != (layout.app, layout.environment):
        raise SecretError(
            f"this is the recovery kit of {'/'.join(map(str, whose))},"
            f" not of {layout.app}/{layout.environment}"
        )
    if not isinstance(secret, str) or not secret.isascii() or len(secret.strip()) < FEWEST:
        raise SecretError("the recovery kit is damaged: its bootstrap credential is cut off")
    return Bootstrap(Secret(secret.strip().encode()))


def remove_kit(layout: Layout) -> bool:
    """Remove the readable kit from this machine; say whether there was one."""
    there = layout.recovery_kit.exists()
    with disk_errors(layout.recovery_kit):
        layout.recovery_kit.unlink(missing_ok=True)
    return there
