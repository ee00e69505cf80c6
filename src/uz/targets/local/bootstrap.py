"""The one credential on the disk, and all that is derived from it.

Random text in one file, 0400. From it come, by HKDF (RFC 5869), the key that unseals OpenBao, what
Uz logs in with, the key of OpenBao's CA, and the key of the sealed copy: so that none of them has
to be kept anywhere.
"""

import base64
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from uz.errors import MachineError, SecretError
from uz.secret import Secret, random_password
from uz.spec import Spec
from uz.targets.local.folders import disk_errors, write
from uz.targets.local.layout import Layout

FEWEST = 8
"""Bytes: a credential with fewer was cut off."""
LARGEST = 2**16


@dataclass(frozen=True)
class Bootstrap:
    """The credential that opens all others."""

    secret: Secret

    def _derived(self, purpose: str, length: int = 32) -> bytes:
        kdf = HKDF(hashes.SHA256(), length, salt=None, info=f"uz 1 {purpose}".encode())
        return kdf.derive(self.secret.reveal())

    @property
    def seal_key(self) -> Secret:
        """What unseals OpenBao: 32 bytes in base64, without a line end, which it would refuse."""
        return Secret(base64.b64encode(self._derived("seal")))

    @property
    def operator(self) -> Secret:
        """The secret id by which Uz logs in to OpenBao."""
        return Secret(base64.urlsafe_b64encode(self._derived("operator")))

    @property
    def authority_key(self) -> Secret:
        """The key of OpenBao's CA, in PEM."""
        number = int.from_bytes(self._derived("authority", 48))
        key = ec.derive_private_key(number % (P256_ORDER - 1) + 1, ec.SECP256R1())
        return Secret(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    @property
    def digest_key(self) -> bytes:
        """What digests of delivered secrets are made with."""
        return self._derived("digests")

    @property
    def sealing_key(self) -> Ed25519PrivateKey:
        """The key of the sealed copy, as age takes it: an SSH key."""
        return Ed25519PrivateKey.from_private_bytes(self._derived("sealed copy"))


P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256 (NIST SP 800-186, 3.2.1.3)."""


def bootstrap_path(layout: Layout, spec: Spec) -> Path:
    """Where the credential is: where `uz.toml` says, else beside the environment's folder."""
    if spec.secrets.bootstrap:
        return Path(spec.secrets.bootstrap)
    return layout.bootstrap


def read_bootstrap(path: Path) -> Bootstrap | None:
    """Read the credential; None where there is none.

    Raises SecretError where it is cut off, MachineError where others could have read it.
    """
    try:
        # without waiting for whoever may write into a pipe
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MachineError(
            f"{path}: the bootstrap credential cannot be read: {error.strerror}",
            hint="Run as the user who ran `uz up`; it is a real file of this user, mode 0400.",
        ) from error
    try:
        _refuse_open(path, os.fstat(descriptor))
        text = os.read(descriptor, LARGEST).strip()
    finally:
        os.close(descriptor)
    if len(text) < FEWEST:
        raise SecretError(
            f"{path}: only {len(text)} bytes, so the bootstrap credential is damaged",
            hint="`uz secrets recover` puts it back from the recovery kit.",
        )
    return Bootstrap(Secret(text))


def _refuse_open(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise MachineError(f"{path}: is no file", hint="Move it away.")
    if found.st_uid != os.geteuid():
        raise MachineError(
            f"{path}: belongs to user {found.st_uid}, not to {os.geteuid()}",
            hint="Run as the user who ran `uz up`.",
        )
    if found.st_mode & 0o077:
        raise MachineError(
            f"{path}: others may read the bootstrap credential"
            f" (mode {stat.S_IMODE(found.st_mode):04o})",
            hint=f"chmod 0400 {path}; if others use this machine, count it as known to them.",
        )


def make_bootstrap(path: Path) -> Bootstrap:
    """Make the credential. Raises MachineError."""
    secret = Secret(random_password())
    with disk_errors(path):
        write(path, secret.reveal() + b"\n", 0o400)
    return Bootstrap(secret)
