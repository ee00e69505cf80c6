import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.checklist.secrecy_stand import SecrecyStand

from uz.checklist.secrecy import leaving, planted
from uz.checklist.secrecy.canary import MARK, file_with, folder_with
from uz.checklist.secrecy.leaving import left, remove
from uz.errors import MachineError

GIVEN = 65534
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


def after(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    wanted: Callable[[Any], bool],
    then: Callable[[], None],
) -> None:
    """Let the folder's owner do something once, right after a call to the system."""
    real = getattr(os, name)
    done: list[str] = []

    def call(path: Any, *rest: Any, **named: Any) -> Any:
        answer = real(path, *rest, **named)
        if not done and wanted(path):
            done.append(str(path))
            then()
        return answer

    monkeypatch.setattr(os, name, call)


def test_a_file_that_was_exchanged_for_a_link_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "project"
    victim.write_text("precious")
    folder.mkdir()

    def exchange() -> None:
        (made,) = folder.iterdir()
        made.unlink()
        made.symlink_to(victim)

    after(monkeypatch, "open", lambda path: MARK in str(path), exchange)
    with file_with(folder, ".{}", b"y"):
        pass
    assert victim.read_text() == "precious"
    assert list(folder.iterdir()) == []


def test_a_folder_that_only_looks_like_one_of_uz_is_left_alone(
    stand: SecrecyStand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")

    def prepare() -> None:
        (stand.project / f".{MARK}evil").mkdir()
        (stand.project / f".{MARK}evil/.gitignore").symlink_to(victim)

    after(monkeypatch, "mkdir", lambda path: MARK in str(path), prepare)
    with planted.in_ignored_env(stand):
        assert (stand.project / f".{MARK}evil").is_dir()
    assert victim.read_text() == "precious"


def test_a_folder_that_was_exchanged_for_another_is_not_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "project"
    victim.mkdir()
    (victim / "inner").touch()
    folder.mkdir()

    def exchange() -> None:
        (made,) = folder.iterdir()
        made.rmdir()
        victim.rename(made)

    after(monkeypatch, "mkdir", lambda path: MARK in str(path), exchange)
    with (
        pytest.raises(MachineError, match="put in the place"),
        folder_with(folder, "{}", {"a": b""}),
    ):
        pytest.fail("filled")


def test_a_link_in_the_place_of_a_new_folder_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "project"
    victim.mkdir()
    folder.mkdir()

    def exchange() -> None:
        (made,) = folder.iterdir()
        made.rmdir()
        made.symlink_to(victim)

    after(monkeypatch, "mkdir", lambda path: MARK in str(path), exchange)
    with pytest.raises(OSError, match="Not a directory"), folder_with(folder, "{}", {"a": b"x"}):
        pytest.fail("filled")
    assert list(victim.iterdir()) == []


@only_root
def test_what_is_left_belongs_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, GIVEN, GIVEN)
    with folder_with(tmp_path, "{}", {".env": b"x"}), file_with(tmp_path, ".{}", b"y"):
        found = [*tmp_path.rglob("*")]
        assert len(found) == 3
        assert {one.lstat().st_uid for one in found} == {GIVEN}
        assert {one.lstat().st_mode & 0o077 for one in found} == {0}


def test_a_name_that_is_taken_is_nobody_s_to_remove(tmp_path: Path) -> None:
    (tmp_path / "kit.json").write_text("precious")
    with pytest.raises(FileExistsError), left(tmp_path, "kit.json", "", b"{}"):
        pytest.fail("left")
    assert (tmp_path / "kit.json").read_text() == "precious"


def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    above = os.open(tmp_path, leaving.FOLDER)
    try:
        remove("link", above)
        remove("nothing", above)
    finally:
        os.close(above)
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]
