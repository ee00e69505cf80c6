"""Accounts, each known by the hash of its key."""

from shop.models import Account
from shop.store.database import Database
from shop.store.ids import new_id


class Accounts:
    """The accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, key_hash: str) -> Account:
        """Open an account."""
        account = Account(new_id(), name)
        with self._database.write() as connection:
            connection.change(
                "INSERT INTO accounts (id, name, key_hash) VALUES (:id, :name, :key_hash)",
                id=account.id,
                name=name,
                key_hash=key_hash,
            )
        return account

    def with_key(self, key_hash: str) -> Account | None:
        """The account whose key has this hash, if there is one."""
        with self._database.read() as connection:
            row = connection.one(
                "SELECT id, name FROM accounts WHERE key_hash = :key_hash", key_hash=key_hash
            )
        return Account(**row) if row else None
