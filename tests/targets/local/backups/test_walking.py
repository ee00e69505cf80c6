import os
from pathlib import Path

from uz.targets.local.backups.walking import signature, walked


def test_links_and_what_is_no_file_are_not_followed_or_counted(tmp_path: Path) -> None:
    there, outside = tmp_path / "app", tmp_path / "outside"
    (there / "inner").mkdir(parents=True)
    (there / "a").touch()
    (there / "inner" / "b").touch()
    outside.mkdir()
    (outside / "x").touch()
    (there / "link").symlink_to(outside)
    (there / "dangling").symlink_to(there / "none")
    (tmp_path / "top").symlink_to(outside)
    os.mkfifo(there / "pipe")
    assert set(walked([there, tmp_path / "top"])) == {
        str(there / "a"), str(there / "inner" / "b"),
    }  # fmt: skip


def test_a_single_file_is_a_place_too(tmp_path: Path) -> None:
    there = tmp_path
    (there / "a").touch()
    assert set(walked([there / "a", there / "none"])) == {str(there / "a")}


def test_a_file_that_was_written_again_has_another_signature(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"one")
    before = signature(str(file))
    times = file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert signature(str(file)) != before
