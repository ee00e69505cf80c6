"""What callers may send, and how much of it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from shop.store.carts import MOST_OF_A_PRODUCT

MOST_LINES = 50
MOST_STOCK = 1_000_000
HIGHEST_PRICE = 10_000_000

Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
ProductId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
OrderId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
ProductInPath = Annotated[ProductId, Path()]
Limit = Annotated[int, Query(ge=1, le=100)]
Quantity = Annotated[int, Field(strict=True, ge=1, le=MOST_OF_A_PRODUCT)]
Price = Annotated[int, Field(strict=True, ge=1, le=HIGHEST_PRICE)]
Stock = Annotated[int, Field(strict=True, ge=0, le=MOST_STOCK)]
IdempotencyKey = Annotated[str | None, Header(min_length=1, max_length=128, pattern=r"^[!-~]+$")]


class Form(BaseModel):
    """Something sent to the shop; a word it does not know is an error."""

    model_config = ConfigDict(extra="forbid")


class NewAccount(Form):
    """An account to be opened."""

    name: Text


class NewProduct(Form):
    """A product to be sold from now on."""

    id: ProductId
    name: Text
    price_cents: Price
    stock: Stock


class CartItem(Form):
    """So many more of a product."""

    product_id: ProductId
    quantity: Quantity = 1


class CartQuantity(Form):
    """So many of a product, no more and no less."""

    quantity: Quantity


class NewOrder(Form):
    """What is ordered at once, past the cart."""

    lines: Annotated[Sequence[CartItem], Field(min_length=1, max_length=MOST_LINES)]

    @field_validator("lines")
    @classmethod
    def each_product_once(cls, lines: Sequence[CartItem]) -> Sequence[CartItem]:
        """Two lines of one product could ask for more of it than one may."""
        if len({line.product_id for line in lines}) < len(lines):
            raise ValueError("name each product once")
        return lines
