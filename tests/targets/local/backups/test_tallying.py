"""Files are counted, and counted again where they came back: below another folder."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from uz.backups.tally import Sampled, Tally, unsealed
from uz.secret import Secret
from uz.targets.local.backups import tallying as module
from uz.targets.local.backups.tallying import compared, tallied
from uz.targets.local.backups.walking import walked


@pytest.fixture
def there(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "inner").mkdir(parents=True)
    (folder / "a").write_bytes(b"of a")
    (folder / "inner" / "b").write_bytes(b"of b, which is longer")
    return folder


@pytest.fixture
def back(there: Path, tmp_path: Path) -> Path:
    """All of it, come back below a folder."""
    into = tmp_path / "back"
    shutil.copytree(there, into / there.relative_to("/"))
    return into


def tally(*tops: Path) -> Tally:
    return tallied(walked(tops), walked(tops))


def test_what_came_back_is_compared_with_what_there_was(there: Path, back: Path) -> None:
    counted = tally(there)
    assert (counted.files, counted.size, counted.changing, len(counted.sample)) == (2, 25, 0, 2)
    found = compared(counted, back)
    assert found.held
    assert found.detail == "2 with 0.0 MiB, as counted; 2 of them compared byte by byte"
    assert found.figures == {"files": 2, "bytes": 25}


def changed(back: Path, there: Path, name: str, act: Callable[[Path], object]) -> str:
    counted = tally(there)
    act(back / there.relative_to("/") / name)
    found = compared(counted, back)
    assert not found.held
    return found.detail


def test_one_that_is_gone_is_told(there: Path, back: Path) -> None:
    assert changed(back, there, "a", Path.unlink) == (
        "1 of 2 compared byte by byte are gone, or another"
    )


def test_one_with_a_changed_byte_and_the_same_size_is_told(there: Path, back: Path) -> None:
    def flip(file: Path) -> None:
        times = file.stat()
        file.write_bytes(b"of A")
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    assert "1 of 2 compared" in changed(back, there, "a", flip)


def test_one_that_was_not_looked_at_is_missed_by_the_count(
    there: Path, back: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "NEWEST", 0)
    monkeypatch.setattr(module, "SAMPLE", 0)
    assert changed(back, there, "a", Path.unlink) == "1 came back, and there were 2"
    (back / there.relative_to("/") / "a").touch()
    assert changed(back, there, "c", Path.touch) == "3 came back, and there were 2"


def test_one_that_was_not_looked_at_and_is_cut_off_is_missed_by_its_bytes(
    there: Path, back: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SAMPLE", 0)
    said = changed(back, there, "a", lambda one: os.truncate(one, 1))
    assert said == "22 bytes came back, and there were 25"
    assert "bytes came back" in changed(back, there, "a", lambda one: os.truncate(one, 9))


def test_what_changed_meanwhile_may_come_back_either_way(there: Path, back: Path) -> None:
    before = walked([there])
    (there / "a").write_bytes(b"written anew, and longer")
    (there / "new").touch()
    counted = tallied(before, walked([there]))
    assert (counted.files, counted.changing) == (1, 2)
    assert set(counted.sample) == {str(there / "inner" / "b")}
    assert compared(counted, back).held
    (back / there.relative_to("/") / "a").unlink()
    assert compared(counted, back).held
    (back / there.relative_to("/") / "inner" / "b").unlink()
    assert not compared(counted, back).held


def test_what_could_not_be_taken_is_told_though_all_the_rest_came_back(
    there: Path, back: Path
) -> None:
    counted = replace(tally(there), missing=("redis: refused", "/srv: is not there"))
    found = compared(counted, back)
    assert not found.held
    assert found.detail == "the backup was taken without something: redis: refused, and 1 more"


def test_nothing_that_came_back_as_nothing_is_right(tmp_path: Path) -> None:
    found = compared(tally(tmp_path / "none"), tmp_path)
    assert found.held
    assert found.detail.startswith("0 with")


def test_the_newest_are_looked_at_and_not_more_is_read_than_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "NEWEST", 3)
    monkeypatch.setattr(module, "SAMPLE", 5)
    monkeypatch.setattr(module, "READ", 10)
    for number in range(20):
        file = tmp_path / f"{number:02}"
        file.write_bytes(b"x" * (2 if number < 19 else 11))
        os.utime(file, (number, number))
    counted = tally(tmp_path)
    assert counted.files == 20
    assert {str(tmp_path / "18"), str(tmp_path / "17")} <= set(counted.sample)
    assert str(tmp_path / "19") not in counted.sample
    assert len(counted.sample) == 4


def test_one_that_changed_since_it_was_counted_is_not_looked_at(there: Path) -> None:
    seen = walked([there])
    (there / "a").write_bytes(b"of c")
    assert set(tallied(seen, seen).sample) == {str(there / "inner" / "b")}


def test_a_sample_is_of_bytes_and_their_digest(there: Path) -> None:
    assert tally(there).sample[str(there / "a")] == Sampled(4, sha256(b"of a").hexdigest())


def test_names_that_are_no_utf_8_survive(there: Path, tmp_path: Path) -> None:
    (there / os.fsdecode(b"caf\xe9")).write_bytes(b"of somebody's camera")
    into = tmp_path / "back"
    shutil.copytree(there, into / there.relative_to("/"))
    passphrase = Secret(b"p")
    counted = unsealed(passphrase, tally(there).sealed(passphrase))
    assert len(counted.sample) == 3
    assert compared(counted, into).held
