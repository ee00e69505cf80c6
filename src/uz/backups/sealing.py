"""Sealing: small records that only who knows the backups' passphrase can read, or make.

As age does it, to an SSH key that is derived from the passphrase: the public half is as secret as
the private one, so that what opens was sealed by somebody who knows the passphrase.
"""

import pyrage
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from uz.errors import BackupError
from uz.secret import Secret


def seal(passphrase: Secret, content: bytes) -> bytes:
    """Encrypt a record."""
    public = _key(passphrase).public_key()
    text = public.public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ).decode()
    sealed: bytes = pyrage.encrypt(content, [pyrage.ssh.Recipient.from_str(text)])
    return sealed


def unseal(passphrase: Secret, sealed: bytes) -> bytes:
    """Decrypt a record. Raises BackupError where another passphrase sealed it, or it changed."""
    private = _key(passphrase).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    try:
        content: bytes = pyrage.decrypt(sealed, [pyrage.ssh.Identity.from_buffer(private)])
    except pyrage.DecryptError as error:
        raise BackupError(
            "a sealed record of the backups cannot be opened: the passphrase is another one, or"
            " the record is damaged",
            hint="The passphrase is the secret `backups/passphrase`, and in the recovery kit.",
        ) from error
    return content


def _key(passphrase: Secret) -> Ed25519PrivateKey:
    """The key, by HKDF (RFC 5869): the passphrase has 256 random bits, so that no work is added."""
    kdf = HKDF(hashes.SHA256(), 32, salt=None, info=b"uz 1 sealed records of backups")
    return Ed25519PrivateKey.from_private_bytes(kdf.derive(passphrase.reveal()))
