"""The storage, called from many threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from shop.errors import NotFoundError, StorageUnavailableError
from shop.store import Store

THREADS = 8
EACH = 10


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A storage with the first products."""
    with closing(Store(tmp_path / "shop.db")) as store:
        store.prepare()
        yield store


def test_a_cart_that_is_filled_from_many_threads_loses_nothing(store: Store) -> None:
    account = store.accounts.add("Ada", "hash")

    def add_some(_: int) -> None:
        for _ in range(EACH):
            store.carts.add(account.id, "mug", 1)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(add_some, range(THREADS)))
    (line,) = store.carts.find(account.id).lines
    assert line.quantity == THREADS * EACH


def test_preparing_twice_adds_nothing(store: Store) -> None:
    before = store.products.page("", 100)
    store.prepare()
    assert store.products.page("", 100) == before


def test_what_somebody_else_may_not_know_is_not_found(store: Store) -> None:
    ada, bob = store.accounts.add("Ada", "a"), store.accounts.add("Bob", "b")
    store.carts.add(ada.id, "mug", 1)
    order, is_new = store.orders.place(ada.id, None)
    assert is_new
    assert store.orders.find(ada.id, order.id) == order
    with pytest.raises(NotFoundError):
        store.orders.find(bob.id, order.id)


def test_a_storage_that_was_never_prepared_is_unavailable_and_not_created(tmp_path: Path) -> None:
    store = Store(tmp_path / "shop.db")
    with pytest.raises(StorageUnavailableError):
        store.products.page("", 1)
    assert not (tmp_path / "shop.db").exists()
