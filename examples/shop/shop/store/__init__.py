"""Where the shop keeps what must not be lost: the only package that knows how.

Today that is one SQLite file, shared by several processes. The statements are plain SQL
with named values, so that another database needs another `shop.store.database` and
little else.
"""

from pathlib import Path

from shop.store.accounts import Accounts
from shop.store.carts import MOST_OF_A_PRODUCT, Carts
from shop.store.database import Database
from shop.store.orders import Orders
from shop.store.products import Products
from shop.store.schema import FIRST_PRODUCTS, TABLES

__all__ = ["MOST_OF_A_PRODUCT", "Store"]


class Store:
    """Accounts, products, carts and orders; may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self.accounts = Accounts(self._database)
        self.products = Products(self._database)
        self.carts = Carts(self._database)
        self.orders = Orders(self._database)

    def prepare(self) -> None:
        """Create what is missing; several processes may do so at once."""
        self._database.create(TABLES)
        self.products.add_first(FIRST_PRODUCTS)

    def check(self) -> None:
        """Raise StorageUnavailableError unless the storage can be opened and read now."""
        self._database.check()

    def close(self) -> None:
        """Let go of the storage."""
        self._database.close()
