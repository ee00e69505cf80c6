"""The caller's orders."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from shop.access import Caller, ShopHere
from shop.forms import IdempotencyKey, Limit, NewOrder, OrderId
from shop.models import Order
from shop.store import orders
from shop.views import OrdersView, OrderView

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post("", status_code=201, response_model=OrderView)
async def place_order(
    account: Caller,
    shop: ShopHere,
    response: Response,
    form: NewOrder | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Order:
    """Order what is in the cart; or, past it, the lines that are sent.

    Sent again with the same Idempotency-Key, the answer is the same order, with status
    200 and the header Idempotency-Replayed; nothing is ordered twice.
    """
    lines = {line.product_id: line.quantity for line in form.lines} if form else None
    order, is_new = await shop.database.write(orders.place, account.id, idempotency_key, lines)
    response.headers["Location"] = f"/orders/{order.id}"
    if is_new:
        await shop.cache.forget()
    else:
        response.status_code = 200
        response.headers["Idempotency-Replayed"] = "true"
    return order


@router.get("", response_model=OrdersView)
async def list_orders(
    account: Caller,
    shop: ShopHere,
    before: Annotated[OrderId | None, Query()] = None,
    limit: Limit = 20,
) -> object:
    """The orders, newest first, a page at a time."""
    page = await shop.database.read(orders.page, account.id, before, limit)
    return {"orders": page, "next": page[-1].id if len(page) == limit else None}


@router.get("/{order_id}", response_model=OrderView)
async def show_order(
    order_id: Annotated[OrderId, Path()], account: Caller, shop: ShopHere
) -> Order:
    """One order."""
    return await shop.database.read(orders.find, account.id, order_id)
