"""Products and their stock."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shop.errors import AlreadyExistsError, NotFoundError
from shop.models import Product


async def page(session: AsyncSession, after: str, limit: int) -> Sequence[Product]:
    """So many products, in the order of their ids, from the one after `after`."""
    following = select(Product).where(Product.id > after).order_by(Product.id).limit(limit)
    return (await session.scalars(following)).all()


async def find(session: AsyncSession, product_id: str) -> Product:
    """One product; raises NotFoundError."""
    product = await session.get(Product, product_id)
    if product is None:
        raise NotFoundError(f"There is no product {product_id!r}.", "GET /products lists them.")
    return product


async def add(
    session: AsyncSession, *, id: str, name: str, price_cents: int, stock: int
) -> Product:
    """Sell one more product; raises AlreadyExistsError."""
    new = insert(Product).values(id=id, name=name, price_cents=price_cents, stock=stock)
    added = new.on_conflict_do_nothing().returning(Product)
    product: Product | None = await session.scalar(added)
    if product is None:
        raise AlreadyExistsError(f"There is a product {id!r} already.", "Choose another id.")
    return product
