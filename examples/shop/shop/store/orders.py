"""Orders: the cart becomes one, and the stock less, in one transaction."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby

from shop.errors import NotFoundError
from shop.models import Line, Order
from shop.store.checkout import fill_order
from shop.store.connection import Connection, Row
from shop.store.database import Database
from shop.store.ids import new_id

AFTER_EVERY_ID = "g"  # Ids are hexadecimal.


class Orders:
    """Every account's orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def place(self, account_id: str, idempotency_key: str | None) -> tuple[Order, bool]:
        """Turn the cart into an order; say whether it is new.

        With the key of an earlier order, that order is the answer and nothing happens.
        Raises CartEmptyError, or OutOfStockError and leaves the cart as it was.
        """
        order_id = new_id()
        with self._database.write() as connection:
            # The order comes first: of two with the same key, the later one waits here.
            is_new = connection.change(
                "INSERT INTO orders (id, account_id, placed_at, idempotency_key)"
                " VALUES (:id, :account_id, :placed_at, :idempotency_key)"
                " ON CONFLICT (account_id, idempotency_key) DO NOTHING",
                id=order_id,
                account_id=account_id,
                placed_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
                idempotency_key=idempotency_key,
            )
            if is_new:
                fill_order(connection, order_id, account_id)
            else:
                order_id = _earlier(connection, account_id, idempotency_key)
            return _order(connection, account_id, order_id), bool(is_new)

    def page(self, account_id: str, before: str | None, limit: int) -> Sequence[Order]:
        """So many orders, newest first, from the one placed before `before`."""
        with self._database.read() as connection:
            rows = connection.all(
                "SELECT page.id, placed_at, product_id, name, price_cents, quantity"
                " FROM (SELECT id, placed_at FROM orders"
                "  WHERE account_id = :account_id AND id < :before"
                "  ORDER BY id DESC LIMIT :limit) AS page"
                " JOIN order_lines ON order_id = page.id ORDER BY page.id DESC, product_id",
                account_id=account_id,
                before=before or AFTER_EVERY_ID,
                limit=limit,
            )
        return list(_orders(rows))

    def find(self, account_id: str, order_id: str) -> Order:
        """One of the account's orders; raises NotFoundError."""
        with self._database.read() as connection:
            return _order(connection, account_id, order_id)


def _earlier(connection: Connection, account_id: str, idempotency_key: str | None) -> str:
    row = connection.one(
        "SELECT id FROM orders"
        " WHERE account_id = :account_id AND idempotency_key = :idempotency_key",
        account_id=account_id,
        idempotency_key=idempotency_key,
    )
    return str(row["id"]) if row else ""


def _order(connection: Connection, account_id: str, order_id: str) -> Order:
    rows = connection.all(
        "SELECT orders.id, placed_at, product_id, name, price_cents, quantity"
        " FROM orders JOIN order_lines ON order_id = orders.id"
        " WHERE orders.id = :id AND account_id = :account_id ORDER BY product_id",
        id=order_id,
        account_id=account_id,
    )
    for order in _orders(rows):
        return order
    raise NotFoundError(f"There is no order {order_id!r} of yours.", "GET /orders lists them.")


def _orders(rows: Iterable[Row]) -> Iterable[Order]:
    for (order_id, placed_at), lines in groupby(rows, lambda row: (row["id"], row["placed_at"])):
        parts = [{name: row[name] for name in Line.__dataclass_fields__} for row in lines]
        yield Order(order_id, datetime.fromisoformat(placed_at), [Line(**part) for part in parts])
