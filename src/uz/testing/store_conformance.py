"""What every off-site store promises, as tests: they run on a folder and on every real one.

Inherit from `StoreConformance` in a test module and give it three fixtures:

- `store`: one that may add and read;
- `keeper`: the same place, as who may remove;
- `top`: what keys begin with that nobody else uses, with a slash at the end.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from uz.backups.store import Store
from uz.errors import StoreError

AWKWARD = (
    "plain",
    "with space",
    "pgdata/base/1/1259_fsm.zst",
    "a+b=c&d,e;f@g!h",
    "percent%20and#hash?query",
    "grüße-密码",
    "..dots..",
    "x" * 200,
)
"""Ends of keys that something on the way may want to change."""
CONTENTS = {
    "empty": b"",
    "text": "grüße\n".encode(),
    "binary": bytes(range(256)) * 257,
    "zeros": bytes(2**20),
}
"""Contents, by what is special about them."""


class StoreConformance:
    """The promises; a store that keeps them all can hold backups."""

    @pytest.mark.parametrize("end", AWKWARD)
    def test_any_key_can_be_written_listed_and_read(self, store: Store, top: str, end: str) -> None:
        store.put(top + end, b"content")
        assert list(store.list(top)) == [top + end]
        assert store.read(top + end) == b"content"

    @pytest.mark.parametrize("what", CONTENTS)
    def test_what_was_put_comes_back(
        self, store: Store, top: str, what: str, tmp_path: Path
    ) -> None:
        store.put(f"{top}one", CONTENTS[what])
        store.fetch(f"{top}one", tmp_path / "got")
        assert store.read(f"{top}one") == CONTENTS[what]
        assert (tmp_path / "got").read_bytes() == CONTENTS[what]
        assert store.list(top)[f"{top}one"].size == len(CONTENTS[what])

    def test_a_file_is_put_as_it_is(self, store: Store, top: str, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(CONTENTS["binary"])
        store.put(f"{top}file", file)
        assert store.read(f"{top}file") == CONTENTS["binary"]

    def test_the_list_has_what_begins_with_the_prefix(self, store: Store, top: str) -> None:
        for end in ("a", "b/1", "b/2", "b/2/3", "bc"):
            store.put(top + end if end != "b/2" else f"{top}b/two", end.encode())
        assert set(store.list(f"{top}b/")) == {f"{top}b/1", f"{top}b/two", f"{top}b/2/3"}
        assert len(store.list(f"{top}b")) == 4
        assert len(store.list(top)) == 5

    def test_below_an_unused_prefix_is_nothing(self, store: Store, top: str) -> None:
        assert store.list(top) == {}

    def test_an_object_tells_key_size_and_time(self, store: Store, top: str) -> None:
        store.put(f"{top}one", b"12345")
        ((key, found),) = store.list(top).items()
        assert (key, found.key, found.size) == (f"{top}one", f"{top}one", 5)
        assert found.at.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - found.at) < timedelta(hours=1)
        assert not found.overwritten

    def test_the_same_may_be_put_again(self, store: Store, top: str) -> None:
        for _ in range(2):
            store.put(f"{top}one", b"content")
        assert store.read(f"{top}one") == b"content"
        assert not store.list(top)[f"{top}one"].overwritten

    @pytest.mark.parametrize("other", [b"c0ntent", b"longer content", b""])
    def test_something_else_is_refused_and_the_first_stays(
        self, store: Store, top: str, other: bytes
    ) -> None:
        store.put(f"{top}one", b"content")
        with pytest.raises(StoreError, match="one"):
            store.put(f"{top}one", other)
        assert store.read(f"{top}one") == b"content"
        assert store.list(top)[f"{top}one"].size == len(b"content")

    def test_what_is_not_there_cannot_be_read(self, store: Store, top: str, tmp_path: Path) -> None:
        store.put(f"{top}one-more", b"content")
        with pytest.raises(StoreError, match="one"):
            store.read(f"{top}one")
        with pytest.raises(StoreError, match="one"):
            store.fetch(f"{top}one", tmp_path / "got")
        assert not list(tmp_path.iterdir())

    def test_a_fetched_file_takes_the_place_of_an_older_one(
        self, store: Store, top: str, tmp_path: Path
    ) -> None:
        store.put(f"{top}one", b"new")
        (tmp_path / "got").write_bytes(b"older and longer")
        store.fetch(f"{top}one", tmp_path / "got")
        assert [one.name for one in tmp_path.iterdir()] == ["got"]
        assert (tmp_path / "got").read_bytes() == b"new"

    def test_what_is_removed_is_gone_and_nothing_else(
        self, store: Store, keeper: Store, top: str
    ) -> None:
        for end in ("one", "one-more", "other"):
            store.put(top + end, b"content")
        keeper.remove(f"{top}one")
        assert set(keeper.list(top)) == {f"{top}one-more", f"{top}other"}
        with pytest.raises(StoreError):
            keeper.read(f"{top}one")

    def test_a_removed_key_can_be_written_again(
        self, store: Store, keeper: Store, top: str
    ) -> None:
        store.put(f"{top}one", b"first")
        keeper.remove(f"{top}one")
        store.put(f"{top}one", b"second")
        assert keeper.read(f"{top}one") == b"second"

    def test_to_remove_nothing_does_nothing(self, keeper: Store, top: str) -> None:
        keeper.remove(f"{top}one")
        assert keeper.list(top) == {}
