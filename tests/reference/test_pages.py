"""Writing the pages, and telling which are stale."""

from pathlib import Path

from uz.reference.pages import PAGES, stale, write


def test_all_pages_are_stale_before_they_are_written_and_none_after(tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    assert stale(folder) == tuple(PAGES)
    assert write(folder) == tuple(PAGES)
    assert stale(folder) == ()


def test_only_what_changed_is_written_again(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "items.md").write_text("by hand\n")
    assert stale(tmp_path) == ("items.md",)
    assert write(tmp_path) == ("items.md",)
