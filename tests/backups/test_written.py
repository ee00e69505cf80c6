import errno
from pathlib import Path

import pytest

from uz.backups.written import disk_words, written
from uz.errors import MachineError


def test_a_file_is_there_when_the_block_ends_well(tmp_path: Path) -> None:
    with written(tmp_path / "one", 0o640) as file:
        file.write(b"content")
        assert not (tmp_path / "one").exists()
    assert (tmp_path / "one").read_bytes() == b"content"
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o640


def test_where_the_block_fails_an_older_file_stays_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"older")
    with pytest.raises(KeyboardInterrupt):
        _interrupted(tmp_path / "one")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"older"]


def _interrupted(path: Path) -> None:
    with written(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt


def test_what_a_kill_left_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".one.part").write_bytes(b"a longer half of something")
    with written(tmp_path / "one") as file:
        file.write(b"content")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"content"]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="No such file"), written(tmp_path / "no/one"):
        pass


@pytest.mark.parametrize(
    ("number", "says"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "Read-only")]
)
def test_a_disk_speaks_in_words(number: int, says: str) -> None:
    with pytest.raises(MachineError, match=says) as raised, disk_words(Path("/data/one")):
        raise OSError(number, "Read-only file system")
    assert "/data/one" in str(raised.value)
    assert raised.value.hint


def test_an_error_that_is_not_the_disks_passes(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError), written(tmp_path / "one"):
        raise TimeoutError
    assert not list(tmp_path.iterdir())
