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
ANOTHER_COPY = "Take another copy of it. Where the environment runs, `uz secrets kit` makes one."


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
    return Bootstrap(kit_in(text, layout).bootstrap)


def kit_in(text: str, layout: Layout) -> Kit:
    """All that is in the text of a kit. What a kit of before did not have is empty.

    Raises SecretError where it is none, another environment's, or damaged.
    """
    try:
        found = json.loads(text)
        whose, secret = (found["app"], found["environment"]), found["bootstrap"]
        rest = found.get
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SecretError(
            "this is no recovery kit of Uz",
            hint="One that ends with .age is decrypted first: age --decrypt -i KEY FILE.",
        ) from error
    if whose != (layout.app, layout.environment):
        raise SecretError(
            f"this is the recovery kit of {'/'.join(map(str, whose))},"
            f" not of {layout.app}/{layout.environment}",
            hint="Give the kit of this environment, or name that one with --env.",
        )
    bootstrap = _secret(secret, "bootstrap credential", fewest=FEWEST)
    shares = rest("recovery_shares", [])
    if not isinstance(shares, list):
        raise SecretError(
            "the recovery kit is damaged: its recovery shares are no list", hint=ANOTHER_COPY
        )
    return Kit(
        layout.app,
        layout.environment,
        bootstrap,
        _secret(rest("seal_key", ""), "seal key"),
        tuple(_secret(one, "recovery share") for one in shares),
        _secret(rest("backup_passphrase", ""), "passphrase of the backups"),
        _secret(rest("authority_key_sha256", ""), "fingerprint of the CA").reveal().decode(),
    )


def _secret(found: object, what: str, *, fewest: int = 0) -> Secret:
    """One of its values; messages never show it. Raises SecretError."""
    if not isinstance(found, str) or not found.isascii() or len(found.strip()) < fewest:
        raise SecretError(f"the recovery kit is damaged: its {what} is cut off", hint=ANOTHER_COPY)
    return Secret(found.strip().encode())


def remove_kit(layout: Layout) -> bool:
    """Remove the readable kit from this machine; say whether there was one."""
    there = layout.recovery_kit.exists()
    with disk_errors(layout.recovery_kit):
        layout.recovery_kit.unlink(missing_ok=True)
    return there
