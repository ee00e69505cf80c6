"""Carts: what each account is about to order."""

from shop.errors import NotFoundError, TooManyError
from shop.models import Cart, Line
from shop.store.connection import Connection
from shop.store.database import Database
from shop.store.products import find_product

MOST_OF_A_PRODUCT = 99


class Carts:
    """Every account's cart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, account_id: str) -> Cart:
        """An account's cart; it is empty when nothing was put into it."""
        with self._database.read() as connection:
            return _cart(connection, account_id)

    def add(self, account_id: str, product_id: str, quantity: int) -> Cart:
        """Put so many more of a product into the cart; raises NotFoundError or TooManyError."""
        with self._database.write() as connection:
            find_product(connection, product_id)
            changed = connection.change(
                "INSERT INTO cart_lines (account_id, product_id, quantity)"
                " VALUES (:account_id, :product_id, :quantity)"
                " ON CONFLICT (account_id, product_id) DO UPDATE"
                " SET quantity = cart_lines.quantity + excluded.quantity"
                " WHERE cart_lines.quantity + excluded.quantity <= :most",
                account_id=account_id,
                product_id=product_id,
                quantity=quantity,
                most=MOST_OF_A_PRODUCT,
            )
            if changed == 0:
                raise TooManyError(
                    f"A cart holds {MOST_OF_A_PRODUCT} of a product at most.",
                    f"PUT /cart/{product_id} sets how many it holds.",
                )
            return _cart(connection, account_id)

    def put(self, account_id: str, product_id: str, quantity: int) -> Cart:
        """Have exactly so many of a product in the cart; raises NotFoundError."""
        with self._database.write() as connection:
            find_product(connection, product_id)
            connection.change(
                "INSERT INTO cart_lines (account_id, product_id, quantity)"
                " VALUES (:account_id, :product_id, :quantity)"
                " ON CONFLICT (account_id, product_id) DO UPDATE SET quantity = excluded.quantity",
                account_id=account_id,
                product_id=product_id,
                quantity=quantity,
            )
            return _cart(connection, account_id)

    def remove(self, account_id: str, product_id: str) -> None:
        """Take a product out of the cart; raises NotFoundError when it was not in it."""
        with self._database.write() as connection:
            changed = connection.change(
                "DELETE FROM cart_lines"
                " WHERE account_id = :account_id AND product_id = :product_id",
                account_id=account_id,
                product_id=product_id,
            )
            if changed == 0:
                raise NotFoundError(
                    f"There is no {product_id!r} in the cart.", "GET /cart shows what is."
                )


def _cart(connection: Connection, account_id: str) -> Cart:
    rows = connection.all(
        "SELECT product_id, name, price_cents, quantity FROM cart_lines"
        " JOIN products ON products.id = product_id"
        " WHERE account_id = :account_id ORDER BY product_id",
        account_id=account_id,
    )
    return Cart([Line(**row) for row in rows])
