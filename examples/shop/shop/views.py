"""What callers are answered."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

# A database may answer in its own time zone.
Moment = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class View(BaseModel):
    """Something the shop answers."""

    model_config = ConfigDict(from_attributes=True)


class AccountView(View):
    """An account."""

    id: str
    name: str


class NewAccountView(AccountView):
    """A new account with its key, which is shown this one time."""

    api_key: str


class ProductView(View):
    """A product."""

    id: str
    name: str
    price_cents: int
    stock: int


class ProductsView(View):
    """Some products; `next` is the `after` of the following page, if there is one."""

    products: Sequence[ProductView]
    next: str | None


class LineView(View):
    """A line of a cart or of an order."""

    product_id: str
    name: str
    price_cents: int
    quantity: int
    total_cents: int


class CartView(View):
    """A cart."""

    lines: Sequence[LineView]
    total_cents: int


class OrderView(CartView):
    """An order."""

    id: str
    placed_at: Moment


class OrdersView(View):
    """Some orders, newest first; `next` is the `before` of the following page."""

    orders: Sequence[OrderView]
    next: str | None
