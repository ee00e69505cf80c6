"""The way from a cart to an order."""

from shop.errors import CartEmptyError, OutOfStockError
from shop.store.connection import Connection
from shop.store.products import find_product


def fill_order(connection: Connection, order_id: str, account_id: str) -> None:
    """Move the cart into the order and out of the stock; raises CartEmptyError or OutOfStockError.

    Call it in a transaction: when it raises, half of the cart may have been moved.
    """
    taken = connection.all(
        "DELETE FROM cart_lines WHERE account_id = :account_id RETURNING product_id, quantity",
        account_id=account_id,
    )
    if not taken:
        raise CartEmptyError("The cart is empty.", "POST /cart puts something into it.")
    # Always in the same order, so that two orders never wait for each other.
    for row in sorted(taken, key=lambda row: str(row["product_id"])):
        _take(connection, order_id, row["product_id"], row["quantity"])


def _take(connection: Connection, order_id: str, product_id: str, quantity: int) -> None:
    line = {"product_id": product_id, "quantity": quantity}
    if not connection.change(
        "UPDATE products SET stock = stock - :quantity"
        " WHERE id = :product_id AND stock >= :quantity",
        **line,
    ):
        left = find_product(connection, product_id).stock
        hint = f"PUT /cart/{product_id} takes fewer, DELETE /cart/{product_id} none."
        raise OutOfStockError(f"{quantity} of {product_id!r} ordered, {left} left.", hint)
    connection.change(
        "INSERT INTO order_lines (order_id, product_id, name, price_cents, quantity)"
        " SELECT :order_id, id, name, price_cents, :quantity FROM products WHERE id = :product_id",
        order_id=order_id,
        **line,
    )
