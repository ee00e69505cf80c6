"""Accounts, each known by the hash of its key."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.models import Account
from shop.store.ids import new_id


async def add(session: AsyncSession, name: str, key_hash: str) -> Account:
    """Open an account."""
    account = Account(id=new_id(), name=name, key_hash=key_hash)
    session.add(account)
    return account


async def with_key(session: AsyncSession, key_hash: str) -> Account | None:
    """The account whose key has this hash, if there is one."""
    return await session.scalar(select(Account).where(Account.key_hash == key_hash))
