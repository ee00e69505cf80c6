"""Products and their stock."""

from collections.abc import Sequence

from shop.errors import AlreadyExistsError, NotFoundError
from shop.models import Product
from shop.store.connection import Connection
from shop.store.database import Database


class Products:
    """What is for sale."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, after: str, limit: int) -> Sequence[Product]:
        """So many products, in the order of their ids, from the one after `after`."""
        with self._database.read() as connection:
            rows = connection.all(
                "SELECT id, name, price_cents, stock FROM products"
                " WHERE id > :after ORDER BY id LIMIT :limit",
                after=after,
                limit=limit,
            )
        return [Product(**row) for row in rows]

    def find(self, product_id: str) -> Product:
        """One product; raises NotFoundError."""
        with self._database.read() as connection:
            return find_product(connection, product_id)

    def add(self, product: Product) -> None:
        """Sell one more product; raises AlreadyExistsError."""
        with self._database.write() as connection:
            if not _insert(connection, product):
                raise AlreadyExistsError(
                    f"There is a product {product.id!r} already.", "Choose another id."
                )

    def add_first(self, products: Sequence[Product]) -> None:
        """Sell these when there is nothing for sale yet."""
        with self._database.write() as connection:
            if connection.one("SELECT id FROM products LIMIT 1") is None:
                for product in products:
                    _insert(connection, product)


def find_product(connection: Connection, product_id: str) -> Product:
    """One product, inside somebody's transaction; raises NotFoundError."""
    row = connection.one(
        "SELECT id, name, price_cents, stock FROM products WHERE id = :id", id=product_id
    )
    if row is None:
        raise NotFoundError(f"There is no product {product_id!r}.", "GET /products lists them.")
    return Product(**row)


def _insert(connection: Connection, product: Product) -> bool:
    changed = connection.change(
        "INSERT INTO products (id, name, price_cents, stock)"
        " VALUES (:id, :name, :price_cents, :stock) ON CONFLICT (id) DO NOTHING",
        id=product.id,
        name=product.name,
        price_cents=product.price_cents,
        stock=product.stock,
    )
    return changed == 1
