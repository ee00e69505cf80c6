import os
from pathlib import Path

import pytest

from uz.errors import MachineError
from uz.targets.local.backups import moving
from uz.targets.local.backups.moving import move, owned
from uz.targets.local.users import User


@pytest.fixture
def full(tmp_path: Path) -> Path:
    folder = tmp_path / "from"
    (folder / "inside").mkdir(parents=True)
    (folder / "inside" / "file").write_bytes(b"content")
    (folder / "link").symlink_to("/etc/hostname")
    return folder


@pytest.fixture(params=["one disk", "two disks"])
def disks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "two disks":
        across(monkeypatch)


def across(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a rename fail as from one disk to another, where the parents differ."""
    real = Path.rename

    def rename(self: Path, to: Path) -> Path:
        if self.parent != Path(to).parent:
            raise OSError(18, "Invalid cross-device link")
        return real(self, to)

    monkeypatch.setattr(Path, "rename", rename)


@pytest.mark.usefixtures("disks")
def test_a_folder_is_where_it_belongs_and_nowhere_else(full: Path, tmp_path: Path) -> None:
    place = tmp_path / "srv" / "to"
    place.parent.mkdir()
    move(full, place)
    assert (place / "inside" / "file").read_bytes() == b"content"
    assert (place / "link").is_symlink()
    assert not full.exists()
    assert os.listdir(place.parent) == ["to"]  # noqa: PTH208


@pytest.mark.usefixtures("disks")
def test_a_file_and_a_link_are_moved_too(full: Path, tmp_path: Path) -> None:
    place = tmp_path / "srv"
    place.mkdir()
    move(full / "inside" / "file", place / "file")
    move(full / "link", place / "link")
    assert (place / "file").read_bytes() == b"content"
    assert (place / "link").readlink() == Path("/etc/hostname")
    assert not os.path.lexists(full / "link")


def test_nothing_is_overwritten(full: Path, tmp_path: Path) -> None:
    (tmp_path / "to").symlink_to("/nowhere")
    with pytest.raises(FileExistsError):
        move(full, tmp_path / "to")
    assert full.exists()


def test_half_of_what_a_killed_run_copied_is_made_anew(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    across(monkeypatch)
    (tmp_path / "srv" / ".to.recovering" / "stale").mkdir(parents=True)
    move(full, tmp_path / "srv" / "to")
    assert sorted(one.name for one in (tmp_path / "srv" / "to").iterdir()) == ["inside", "link"]


def test_a_copy_that_fails_says_where(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    across(monkeypatch)
    with pytest.raises(MachineError, match="nowhere/to: .*No such file"):
        move(full, tmp_path / "nowhere" / "to")
    assert full.exists()


@pytest.mark.usefixtures("as_root")
def test_all_of_it_gets_another_owner_but_what_links_lead_to(full: Path) -> None:
    before = Path("/etc/hostname").stat().st_uid
    owned(full, User("someone", 4321, 4322))
    for path in (full, full / "inside" / "file", full / "link"):
        assert (path.lstat().st_uid, path.lstat().st_gid) == (4321, 4322)
    assert Path("/etc/hostname").stat().st_uid == before


def test_without_isolation_owners_stay(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "isolated", lambda: False)
    owned(full, User("", 4321, 4322))
    assert full.stat().st_uid == os.geteuid()
