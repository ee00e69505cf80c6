"""Identity tokens as a CI issues them (RFC 7519), signed by a key of the proof, in memory only."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

Claims = Mapping[str, object]


class Signer:
    """A key of its own on P-256, and the tokens that it can make."""

    def __init__(self) -> None:
        """Make a new key; nobody else has it, and it goes with this object."""
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """The public half, in PEM."""
        return (
            self._key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )

    def signed(self, claims: Claims) -> str:
        """A token as it should be: ES256."""
        body = _body("ES256", claims)
        parts = decode_dss_signature(self._key.sign(body.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{body}.{_text(b''.join(part.to_bytes(32) for part in parts))}"

    def unsigned(self, claims: Claims) -> str:
        """A token that says of itself that it needs no signature."""
        return f"{_body('none', claims)}."

    def confused(self, claims: Claims) -> str:
        """A token for those who take the public key for a password: HS256."""
        body = _body("HS256", claims)
        digest = hmac.new(self.public_key.encode(), body.encode(), hashlib.sha256).digest()
        return f"{body}.{_text(digest)}"

    def altered(self, claims: Claims, to: Claims) -> str:
        """A token that was signed and then changed."""
        head, _, signature = self.signed(claims).split(".")
        return f"{head}.{_body('ES256', to).split('.')[1]}.{signature}"


def _body(algorithm: str, claims: Claims) -> str:
    head = {"alg": algorithm, "typ": "JWT"}
    return ".".join(_text(json.dumps(part).encode()) for part in (head, claims))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
