"""API keys: how they are made, and what is kept of them."""

import hashlib
import hmac
import secrets


class Keys:
    """Makes keys and recognises them; only hashes of accounts' keys are ever stored."""

    def __init__(self, pepper: str, admin_key: str) -> None:
        self._pepper = pepper.encode()
        self._admin_hash = self.hash(admin_key)

    def new(self) -> str:
        """A key nobody can guess: 256 random bits behind a prefix that scanners find."""
        return f"shop_{secrets.token_urlsafe(32)}"

    def hash(self, key: str) -> str:
        """What may be stored of a key.

        A fast hash is enough, as keys are random and long; the pepper, which is not in
        the database, makes a stolen copy of it useless.
        """
        return hmac.digest(self._pepper, key.encode(), hashlib.sha256).hex()

    def is_admin(self, key: str) -> bool:
        """Whether this is the admin's key; takes as long for any other."""
        return hmac.compare_digest(self.hash(key), self._admin_hash)
