"""The store in a folder keeps what every store promises, and goes down when it is told to."""

from collections.abc import Callable
from pathlib import Path

import pytest

from uz.backups.store import Store
from uz.errors import StoreError, StoreRefusedError, StoreUnreachableError
from uz.testing.folder_store import FolderStore
from uz.testing.store_conformance import StoreConformance


class TestFolderStore(StoreConformance):
    @pytest.fixture
    def store(self, tmp_path_factory: pytest.TempPathFactory) -> Store:
        return FolderStore(tmp_path_factory.mktemp("store"))

    @pytest.fixture
    def keeper(self, store: Store) -> Store:
        return store

    @pytest.fixture
    def top(self) -> str:
        return "top/"


def test_a_store_that_is_down_gives_no_answer(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("one", b"content")
    store.down = True
    attempts: list[Callable[[], object]] = [
        store.list,
        lambda: store.put("two", b""),
        lambda: store.read("one"),
        lambda: store.fetch("one", tmp_path / "got"),
        lambda: store.remove("one"),
    ]
    for attempt in attempts:
        with pytest.raises(StoreUnreachableError):
            attempt()
    store.down = False
    assert list(store.list()) == ["one"]


def test_a_store_that_refuses_can_still_be_read(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("one", b"content")
    store.refusing = True
    with pytest.raises(StoreRefusedError):
        store.put("two", b"")
    with pytest.raises(StoreRefusedError):
        store.remove("one")
    assert store.read("one") == b"content"


def test_it_remembers_in_which_order_things_were_put(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for key in ("b", "a", "b"):
        store.put(key, b"")
    with pytest.raises(StoreError):
        store.put("a", b"other")
    assert store.put_keys == ["b", "a"]


def test_it_says_what_it_is_told_was_overwritten(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put("one", b"")
    store.overwritten.add("one")
    assert store.list()["one"].overwritten
