from pathlib import Path

import pytest
from tests.checklist.secrecy_stand import SecrecyStand, a_stand, trial

from uz.checklist.secrecy.canary import MARK, NAME, canary, file_with, planted
from uz.errors import UzError


def test_the_manager_keeps_it_while_it_is_there(stand: SecrecyStand) -> None:
    with canary(stand) as value:
        assert stand.secret(NAME).reveal() == value
    assert NAME not in stand.source.names()


def test_it_is_removed_when_the_block_raises(stand: SecrecyStand) -> None:
    with pytest.raises(ZeroDivisionError), canary(stand):
        raise ZeroDivisionError
    assert NAME not in stand.source.names()


def test_each_is_another(stand: SecrecyStand) -> None:
    with canary(stand) as one:
        pass
    with canary(stand) as other:
        assert one != other


def test_nothing_is_planted_outside_a_rehearsal(tmp_path: Path) -> None:
    with a_stand(tmp_path, trial("production")) as stand:
        with pytest.raises(UzError, match="no rehearsal"), canary(stand):
            pytest.fail("planted")
        assert NAME not in stand.source.names()


def test_a_planted_file_holds_it_and_is_closed_to_others(
    stand: SecrecyStand, tmp_path: Path
) -> None:
    with planted(stand, tmp_path, ".{}/inner", lambda value: b"<" + value + b">"):
        (path,) = tmp_path.glob(f".{MARK}*/inner")
        assert path.read_bytes() == b"<" + stand.secret(NAME).reveal() + b">"
        assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob(f".{MARK}*")) == []


def test_what_a_killed_run_left_goes_first(tmp_path: Path) -> None:
    left, folder = tmp_path / f".{MARK}dead", tmp_path / f".{MARK}old"
    left.write_text("x")
    folder.mkdir()
    (folder / "inner").write_text("x")
    other = tmp_path / ".uz-other"
    other.write_text("x")
    with file_with(tmp_path, ".{}", b"y"):
        assert not left.exists()
        assert not folder.exists()
    assert other.exists()
