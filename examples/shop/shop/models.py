"""The shop's nouns; all money is in whole cents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Account:
    """Somebody who can have a cart and orders."""

    id: str
    name: str


@dataclass(frozen=True)
class Product:
    """Something for sale, and how many there are."""

    id: str
    name: str
    price_cents: int
    stock: int


@dataclass(frozen=True)
class Line:
    """So many of one product, in a cart or in an order.

    In an order, name and price are those of the moment it was placed.
    """

    product_id: str
    name: str
    price_cents: int
    quantity: int

    @property
    def total_cents(self) -> int:
        """What the line costs."""
        return self.price_cents * self.quantity


@dataclass(frozen=True)
class Cart:
    """What an account is about to order, at today's prices."""

    lines: Sequence[Line]

    @property
    def total_cents(self) -> int:
        """What the cart would cost now."""
        return sum(line.total_cents for line in self.lines)


@dataclass(frozen=True)
class Order:
    """What an account bought."""

    id: str
    placed_at: datetime
    lines: Sequence[Line]

    @property
    def total_cents(self) -> int:
        """What the order cost."""
        return sum(line.total_cents for line in self.lines)
