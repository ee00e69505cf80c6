"""The caller's orders."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from shop.access import Caller, ShopHere
from shop.forms import IdempotencyKey, Limit, OrderId
from shop.models import Order
from shop.views import OrdersView, OrderView

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post("", status_code=201, response_model=OrderView)
def place_order(
    account: Caller, shop: ShopHere, response: Response, idempotency_key: IdempotencyKey = None
) -> Order:
    """Order what is in the cart.

    Sent again with the same Idempotency-Key, the answer is the same order, with status
    200 and the header Idempotency-Replayed; nothing is ordered twice.
    """
    order, is_new = shop.store.orders.place(account.id, idempotency_key)
    response.headers["Location"] = f"/orders/{order.id}"
    if is_new:
        shop.cache.forget()
    else:
        response.status_code = 200
        response.headers["Idempotency-Replayed"] = "true"
    return order


@router.get("", response_model=OrdersView)
def list_orders(
    account: Caller,
    shop: ShopHere,
    before: Annotated[OrderId | None, Query()] = None,
    limit: Limit = 20,
) -> object:
    """The orders, newest first, a page at a time."""
    orders = shop.store.orders.page(account.id, before, limit)
    return {"orders": orders, "next": orders[-1].id if len(orders) == limit else None}


@router.get("/{order_id}", response_model=OrderView)
def show_order(order_id: Annotated[OrderId, Path()], account: Caller, shop: ShopHere) -> Order:
    """One order."""
    return shop.store.orders.find(account.id, order_id)
