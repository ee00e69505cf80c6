"""The shop's nouns, as they are stored; all money is in whole cents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Table(DeclarativeBase):
    """What all tables have in common: which type a column has."""

    type_annotation_map: ClassVar = {str: Text, datetime: DateTime(timezone=True)}


class Account(Table):
    """Somebody who can have a cart and orders."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    key_hash: Mapped[str] = mapped_column(unique=True)


class Product(Table):
    """Something for sale, and how many there are."""

    __tablename__ = "products"
    __table_args__ = (CheckConstraint("price_cents > 0"), CheckConstraint("stock >= 0"))

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    price_cents: Mapped[int]
    stock: Mapped[int]


class CartLine(Table):
    """So many of one product that an account is about to order."""

    __tablename__ = "cart_lines"
    __table_args__ = (CheckConstraint("quantity > 0"),)

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), primary_key=True)
    quantity: Mapped[int]
    product: Mapped[Product] = relationship(lazy="raise")

    @property
    def name(self) -> str:
        """What the product is called."""
        return self.product.name

    @property
    def price_cents(self) -> int:
        """What one costs today."""
        return self.product.price_cents

    @property
    def total_cents(self) -> int:
        """What the line would cost now."""
        return self.price_cents * self.quantity


class OrderLine(Table):
    """So many of one product, with its name and price at the moment of the order."""

    __tablename__ = "order_lines"
    __table_args__ = (CheckConstraint("quantity > 0"),)

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id"), primary_key=True)
    name: Mapped[str]
    price_cents: Mapped[int]
    quantity: Mapped[int]

    @property
    def total_cents(self) -> int:
        """What the line cost."""
        return self.price_cents * self.quantity


class Order(Table):
    """What an account bought."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("account_id", "idempotency_key"),
        Index("orders_by_account", "account_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    placed_at: Mapped[datetime]
    idempotency_key: Mapped[str | None]
    lines: Mapped[list[OrderLine]] = relationship(lazy="raise", order_by=OrderLine.product_id)

    @property
    def total_cents(self) -> int:
        """What the order cost."""
        return sum(line.total_cents for line in self.lines)


@dataclass(frozen=True)
class Cart:
    """What an account is about to order, at today's prices."""

    lines: Sequence[CartLine]

    @property
    def total_cents(self) -> int:
        """What the cart would cost now."""
        return sum(line.total_cents for line in self.lines)
