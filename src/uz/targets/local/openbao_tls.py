"""The certificate of the environment's own OpenBao, by a CA whose key lies nowhere."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509 import load_pem_x509_certificate

from uz.components.openbao import NAME, SEAL_KEY, TLS_CERTIFICATE, TLS_KEY
from uz.secret import Secret
from uz.targets.local.bootstrap import Bootstrap
from uz.targets.local.certificates import (
    AUTHORITY,
    AUTHORITY_KEY,
    LEAF_DAYS,
    issue,
    self_signed,
    still_good,
)
from uz.targets.local.folders import write
from uz.targets.local.layout import Layout

NAMES = ("127.0.0.1", "localhost")


class _Derived:
    """The CA as a source of secrets: its key is derived, its certificate is a file."""

    def __init__(self, key: Secret, certificate: Secret) -> None:
        self._values = {AUTHORITY_KEY: key, AUTHORITY: certificate}

    def read(self, name: str) -> Secret | None:
        return self._values.get(name)

    def write(self, name: str, secret: Secret) -> None:
        raise NotImplementedError(name)

    def remove(self, name: str) -> None:
        raise NotImplementedError(name)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._values))


def opening(layout: Layout, bootstrap: Bootstrap) -> dict[str, Secret]:
    """What OpenBao needs before there is a secrets manager: its seal key and its certificate.

    The certificate in memory is kept until it is time for a new one.
    """
    authority = _authority(layout, bootstrap.authority_key)
    delivered = layout.credentials / NAME
    try:
        key = Secret((delivered / "tls.key").read_bytes())
        certificate = Secret((delivered / "tls.pem").read_bytes())
    except OSError:
        key = certificate = Secret(b"")
    if not still_good(key, certificate, NAMES) or not _signed_by(certificate, authority):
        derived = _Derived(bootstrap.authority_key, authority)
        key, certificate = issue(derived, NAMES, days=LEAF_DAYS)
    return {SEAL_KEY: bootstrap.seal_key, TLS_KEY: key, TLS_CERTIFICATE: certificate}


def _authority(layout: Layout, key: Secret) -> Secret:
    """The CA's certificate; made anew where it is not this key's, as after a recovery."""
    private = load_pem_private_key(key.reveal(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    try:
        found = layout.openbao_authority.read_bytes()
        if load_pem_x509_certificate(found).public_key() == private.public_key():
            return Secret(found)
    except (OSError, ValueError):
        pass
    made = self_signed(private, f"Uz CA of OpenBao, {layout.app} {layout.environment}"[:64])
    write(layout.openbao_authority, made.reveal(), 0o644)
    return made


def _signed_by(certificate: Secret, authority: Secret) -> bool:
    leaf = load_pem_x509_certificate(certificate.reveal())
    issuer = load_pem_x509_certificate(authority.reveal())
    try:
        leaf.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def fingerprint(layout: Layout) -> str:
    """SHA-256 of the CA's public key (SubjectPublicKeyInfo of RFC 5280): it stays."""
    certificate = load_pem_x509_certificate(layout.openbao_authority.read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).hexdigest()
