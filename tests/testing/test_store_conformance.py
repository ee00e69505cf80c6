"""The suite finds a store that does not keep its word."""

from pathlib import Path

import pytest

from uz.testing.folder_store import FolderStore
from uz.testing.store_conformance import StoreConformance


class Replacing(FolderStore):
    """A store in which the last write counts."""

    def put(self, key: str, content: Path | bytes) -> None:
        (self.folder / key).unlink(missing_ok=True)
        super().put(key, content)


def test_a_store_that_replaces_what_was_written_is_found_out(tmp_path: Path) -> None:
    suite = StoreConformance()
    with pytest.raises(pytest.fail.Exception):
        suite.test_something_else_is_refused_and_the_first_stays(
            Replacing(tmp_path), "top/", b"other"
        )
