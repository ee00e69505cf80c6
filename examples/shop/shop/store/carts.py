"""Carts: what each account is about to order."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from shop.errors import CartEmptyError, NotFoundError, TooManyError
from shop.models import Cart, CartLine
from shop.store import products

MOST_OF_A_PRODUCT = 99


async def find(session: AsyncSession, account_id: str) -> Cart:
    """An account's cart; it is empty when nothing was put into it."""
    lines = (
        select(CartLine)
        .where(CartLine.account_id == account_id)
        .order_by(CartLine.product_id)
        .options(joinedload(CartLine.product, innerjoin=True))
    )
    return Cart((await session.scalars(lines)).all())


async def add(session: AsyncSession, account_id: str, product_id: str, quantity: int) -> Cart:
    """Put so many more of a product into the cart; raises NotFoundError or TooManyError."""
    await products.find(session, product_id)
    new = insert(CartLine).values(account_id=account_id, product_id=product_id, quantity=quantity)
    total = CartLine.quantity + new.excluded.quantity
    changed = new.on_conflict_do_update(
        index_elements=[CartLine.account_id, CartLine.product_id],
        set_={"quantity": total},
        where=total <= MOST_OF_A_PRODUCT,
    ).returning(CartLine.quantity)
    if await session.scalar(changed) is None:
        raise TooManyError(
            f"A cart holds {MOST_OF_A_PRODUCT} of a product at most.",
            f"PUT /cart/{product_id} sets how many it holds.",
        )
    return await find(session, account_id)


async def put(session: AsyncSession, account_id: str, product_id: str, quantity: int) -> Cart:
    """Have exactly so many of a product in the cart; raises NotFoundError."""
    await products.find(session, product_id)
    new = insert(CartLine).values(account_id=account_id, product_id=product_id, quantity=quantity)
    await session.execute(
        new.on_conflict_do_update(
            index_elements=[CartLine.account_id, CartLine.product_id],
            set_={"quantity": new.excluded.quantity},
        )
    )
    return await find(session, account_id)


async def remove(session: AsyncSession, account_id: str, product_id: str) -> None:
    """Take a product out of the cart; raises NotFoundError when it was not in it."""
    removed = await session.scalar(
        delete(CartLine)
        .where(CartLine.account_id == account_id, CartLine.product_id == product_id)
        .returning(CartLine.product_id)
    )
    if removed is None:
        raise NotFoundError(f"There is no {product_id!r} in the cart.", "GET /cart shows what is.")


async def empty(session: AsyncSession, account_id: str) -> dict[str, int]:
    """Take all out of the cart: how many of which product; raises CartEmptyError."""
    mine = CartLine.account_id == account_id
    # Locked in the order of the products, so that two orders of one cart never deadlock.
    locked = select(CartLine.product_id).where(mine).order_by(CartLine.product_id)
    taken = await session.execute(
        delete(CartLine)
        .where(mine, CartLine.product_id.in_(locked.with_for_update()))
        .returning(CartLine.product_id, CartLine.quantity)
    )
    quantities = {line.product_id: line.quantity for line in taken}
    if not quantities:
        raise CartEmptyError("The cart is empty.", "POST /cart puts something into it.")
    return quantities
