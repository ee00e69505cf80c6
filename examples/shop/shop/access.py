"""Who is calling, and what every endpoint may ask for."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shop.cache import Cache
from shop.database import Database
from shop.errors import KeyMissingError, KeyRefusedError
from shop.keys import Keys
from shop.models import Account
from shop.store import accounts

bearer = HTTPBearer(auto_error=False, description="An account's API key, or the admin's key.")


@dataclass(frozen=True)
class Shop:
    """What one running shop consists of."""

    database: Database
    keys: Keys
    cache: Cache


# Asynchronous although it waits for nothing, like all here: otherwise it would take a thread.
async def running_shop(request: Request) -> Shop:
    """The shop that answers this request."""
    return cast(Shop, request.app.state.shop)


ShopHere = Annotated[Shop, Depends(running_shop)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def caller(shop: ShopHere, credentials: Credentials) -> Account:
    """The account whose key was sent; raises KeyMissingError."""
    if credentials is None:
        raise KeyMissingError("No key was sent.", "Send 'Authorization: Bearer KEY'.")
    key_hash = shop.keys.hash(credentials.credentials)
    account = await shop.database.read(accounts.with_key, key_hash)
    if account is None:
        raise KeyMissingError("No account has this key.", "POST /accounts opens one.")
    return account


async def admin(shop: ShopHere, credentials: Credentials) -> None:
    """Let the admin pass; raises KeyMissingError or KeyRefusedError."""
    if credentials is None:
        raise KeyMissingError("No key was sent.", "Send 'Authorization: Bearer ADMIN-KEY'.")
    if not shop.keys.is_admin(credentials.credentials):
        raise KeyRefusedError("This is not the admin's key.", "Only the admin may do this.")


Caller = Annotated[Account, Depends(caller)]
OnlyAdmin = Depends(admin)
