"""Accounts and their keys."""

from fastapi import APIRouter

from shop.access import Caller, ShopHere
from shop.forms import NewAccount
from shop.models import Account
from shop.store import accounts
from shop.views import AccountView, NewAccountView

router = APIRouter(prefix="/accounts", tags=["accounts"])


@router.post("", status_code=201)
async def open_account(form: NewAccount, shop: ShopHere) -> NewAccountView:
    """Open an account. Its key is in this answer and nowhere else: keep it."""
    key = shop.keys.new()
    account = await shop.database.write(accounts.add, form.name, shop.keys.hash(key))
    return NewAccountView(id=account.id, name=account.name, api_key=key)


@router.get("/me", response_model=AccountView)
async def show_account(account: Caller) -> Account:
    """The account that the key belongs to."""
    return account
