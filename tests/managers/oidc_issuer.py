"""A small real OIDC issuer over HTTPS on loopback: publishes its keys, and signs what it likes."""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from tests.managers.loopback import certify
from tests.servers import Reply, serving

AUDIENCE = "https://shop.example"
CLAIMS = {
    "sub": "repo:acme/shop:ref:refs/heads/main",
    "repository": "acme/shop",
    "ref": "refs/heads/main",
    "event_name": "push",
}
"""As GitHub Actions words them."""

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def rsa_key() -> Key:
    """A key of those that sign RS256."""
    return rsa.generate_private_key(65537, 2048)


def ec_key() -> Key:
    """A key of those that sign ES256."""
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Issuer:
    """Signs tokens; `keys` are the ones that it publishes, by their id."""

    authority_pem: str
    keys: dict[str, Key] = field(default_factory=lambda: {"rsa": rsa_key(), "ec": ec_key()})
    port: int = 0
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for."""

    @property
    def url(self) -> str:
        """What its tokens call it."""
        return f"https://127.0.0.1:{self.port}"

    def claims(self, **changed: Any) -> dict[str, Any]:
        """What a token of the right job says; None takes a claim away."""
        now = int(time.time())
        times = {"iat": now, "nbf": now, "exp": now + 300}
        found = {**CLAIMS, "iss": self.url, "aud": AUDIENCE, **times, **changed}
        return {name: value for name, value in found.items() if value is not None}

    def token(self, kid: str = "rsa", key: Key | None = None, **changed: Any) -> str:
        """A signed token; by another key under a known id, where one is given."""
        used = key or self.keys[kid]
        algorithm = "RS256" if isinstance(used, rsa.RSAPrivateKey) else "ES256"
        return jwt.encode(self.claims(**changed), used, algorithm, headers={"kid": kid})

    def unsigned(self, **changed: Any) -> str:
        """A token of the algorithm `none`."""
        return jwt.encode(self.claims(**changed), "", "none", headers={"kid": "rsa"})

    def answer(self, _method: str, _host: str, path: str) -> Reply:
        """The discovery document (OpenID Connect Discovery 1.0) and the keys (RFC 7517)."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return _json({**DISCOVERED, "issuer": self.url, "jwks_uri": f"{self.url}/jwks"})
        if path == "/jwks":
            return _json({"keys": [_public(kid, key) for kid, key in self.keys.items()]})
        return Reply(404)


DISCOVERED = {
    "response_types_supported": ["id_token"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS256", "ES256"],
}


@contextmanager
def issuing(folder: Path) -> Iterator[Issuer]:
    """Run an issuer; it ends with the block."""
    key, certificate, authority = certify("127.0.0.1")
    pem = folder / "issuer.pem"
    pem.write_bytes(key + certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    issuer = Issuer(authority.decode())
    with serving(issuer.answer, context) as port:
        issuer.port = port
        yield issuer


def _public(kid: str, key: Key) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        found = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        return {**found, "kid": kid, "use": "sig", "alg": "RS256"}
    found = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**found, "kid": kid, "use": "sig", "alg": "ES256"}


def _json(value: object) -> Reply:
    return Reply(200, {"Content-Type": "application/json"}, json.dumps(value).encode())
