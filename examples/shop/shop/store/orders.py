"""Orders: the cart becomes one, and the stock less, in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from shop.errors import NotFoundError, OutOfStockError
from shop.models import Order, OrderLine, Product
from shop.store import carts, products
from shop.store.ids import new_id


async def place(
    session: AsyncSession,
    account_id: str,
    idempotency_key: str | None,
    quantities: Mapping[str, int] | None = None,
) -> tuple[Order, bool]:
    """Order so many of each product, or what is in the cart; say whether the order is new.

    With the key of an earlier order, that order is the answer and nothing happens.
    Raises CartEmptyError, NotFoundError or OutOfStockError: roll back then.
    """
    new = insert(Order).values(
        id=new_id(),
        account_id=account_id,
        placed_at=datetime.now(UTC),
        idempotency_key=idempotency_key,
    )
    # The order comes first: of two with the same key, the later one waits here.
    once = new.on_conflict_do_nothing(index_elements=[Order.account_id, Order.idempotency_key])
    order = await session.scalar(once.returning(Order))
    if order is None:
        earlier = _orders(account_id).where(Order.idempotency_key == idempotency_key)
        return (await session.scalars(earlier)).one(), False
    wanted = quantities or await carts.empty(session, account_id)
    # Always in the same order, so that two orders never wait for each other.
    lines = [await _take(session, order.id, *line) for line in sorted(wanted.items())]
    session.add_all(lines)
    set_committed_value(order, "lines", lines)
    return order, True


async def page(
    session: AsyncSession, account_id: str, before: str | None, limit: int
) -> Sequence[Order]:
    """So many orders, newest first, from the one placed before `before`."""
    newest = _orders(account_id).order_by(Order.id.desc()).limit(limit)
    if before is not None:
        newest = newest.where(Order.id < before)
    return (await session.scalars(newest)).all()


async def find(session: AsyncSession, account_id: str, order_id: str) -> Order:
    """One of the account's orders; raises NotFoundError."""
    order = await session.scalar(_orders(account_id).where(Order.id == order_id))
    if order is None:
        raise NotFoundError(f"There is no order {order_id!r} of yours.", "GET /orders lists them.")
    return order


def _orders(account_id: str) -> Select[Order]:
    return select(Order).options(selectinload(Order.lines)).where(Order.account_id == account_id)


async def _take(session: AsyncSession, order_id: str, product_id: str, quantity: int) -> OrderLine:
    taken = await session.execute(
        update(Product)
        .where(Product.id == product_id, Product.stock >= quantity)
        .values(stock=Product.stock - quantity)
        .returning(Product.name, Product.price_cents)
    )
    product = taken.one_or_none()
    if product is None:
        left = (await products.find(session, product_id)).stock
        hint = "Order fewer, or without it; GET /cart shows what is in the cart."
        raise OutOfStockError(f"{quantity} of {product_id!r} ordered, {left} left.", hint)
    return OrderLine(
        order_id=order_id,
        product_id=product_id,
        name=product.name,
        price_cents=product.price_cents,
        quantity=quantity,
    )
