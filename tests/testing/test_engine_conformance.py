"""What the suite itself stands on; tests/backups/test_pgbackrest.py runs it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.testing.engine_conformance import flip, paths


def test_all_files_are_seen_and_links_are_not(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").touch()
    (tmp_path / "d").touch()
    (tmp_path / "latest").symlink_to("d")
    assert paths(tmp_path) == ("a/b/c", "d")


@given(content=st.binary(min_size=1))
def test_flipping_changes_one_bit(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("flip") / "file"
    path.write_bytes(content)
    flip(path)
    changed = path.read_bytes()
    differing = [one ^ other for one, other in zip(content, changed, strict=True) if one != other]
    assert differing == [1]
