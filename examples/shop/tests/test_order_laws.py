"""Laws of orders, whatever is ordered at the same time."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.database import Database
from shop.database_settings import DatabaseSettings
from shop.errors import OutOfStockError
from shop.store import accounts, carts, orders, products

STOCK = 5
quantities = st.dictionaries(
    st.sampled_from(["beans", "grinder", "kettle", "mug"]), st.integers(1, 3), min_size=1
)
some = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # Each example resets the stock.
)


@contextmanager
def running(database: DatabaseSettings) -> Iterator[tuple[asyncio.Runner, Database]]:
    """The database with a little of each product, in an event loop."""
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        for table in ("order_lines", "orders", "cart_lines", "accounts"):
            connection.execute(f"DELETE FROM {table}".encode())
        connection.execute("UPDATE products SET stock = %s", [STOCK])
    with asyncio.Runner() as runner:
        opened = Database(database)
        try:
            yield runner, opened
        finally:
            runner.run(opened.close())


@some
@given(st.lists(quantities, min_size=1, max_size=8))
def test_of_orders_at_once_exactly_the_stock_is_sold_and_none_waits_for_ever(
    database_settings: DatabaseSettings, wanted: list[Mapping[str, int]]
) -> None:
    async def ordered(database: Database) -> tuple[Counter[str], dict[str, int], bool]:
        ada = await database.write(accounts.add, "Ada", "hash")
        placing = [database.write(orders.place, ada.id, None, lines) for lines in wanted]
        placed = await asyncio.gather(*placing, return_exceptions=True)
        sold: Counter[str] = Counter()
        for outcome in placed:
            if isinstance(outcome, BaseException):
                assert isinstance(outcome, OutOfStockError)
                continue
            sold.update({line.product_id: line.quantity for line in outcome[0].lines})
        left = {one.id: one.stock for one in await database.read(products.page, "", 100)}
        return sold, left, any(isinstance(outcome, Exception) for outcome in placed)

    with running(database_settings) as (runner, database):
        sold, left, refused = runner.run(ordered(database))
    assert all(left[product] == STOCK - sold[product] >= 0 for product in left)
    total = sum(map(Counter, wanted), Counter[str]())
    assert refused == any(quantity > STOCK for quantity in total.values())


@some
@given(quantities, st.integers(2, 5), st.booleans())
def test_one_cart_that_is_ordered_many_times_at_once_is_ordered_once(
    database_settings: DatabaseSettings, wanted: Mapping[str, int], times: int, keyed: bool
) -> None:
    async def ordered(database: Database) -> tuple[int, int, dict[str, int]]:
        ada = await database.write(accounts.add, "Ada", "hash")
        for product_id, quantity in wanted.items():
            await database.write(carts.put, ada.id, product_id, quantity)
        key = "key" if keyed else None
        placing = [database.write(orders.place, ada.id, key) for _ in range(times)]
        placed = await asyncio.gather(*placing, return_exceptions=True)
        answered = [outcome for outcome in placed if not isinstance(outcome, BaseException)]
        (line,) = {
            tuple((row.product_id, row.quantity) for row in one.lines) for one, _ in answered
        }
        return len(answered), sum(new for _, new in answered), dict(line)

    with running(database_settings) as (runner, database):
        answered, new, lines = runner.run(ordered(database))
    assert (answered, new) == (times if keyed else 1, 1)
    assert lines == wanted
