import stat
from pathlib import Path

import pytest
from tests.places import Projects

from uz.errors import MachineError
from uz.operations.place import Place
from uz.operations.rendering import MARKS, differences, rendered, write_rendered


@pytest.fixture
def place(projects: Projects) -> Place:
    return projects.place()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "rendered" / "production"


def test_every_rendered_folder_can_be_recognised(place: Place) -> None:
    assert set(MARKS) < set(rendered(place))


def test_everything_is_written_once(place: Place, folder: Path) -> None:
    assert set(write_rendered(place, folder)) == set(rendered(place))
    assert {name: (folder / name).read_text() for name in rendered(place)} == rendered(place)
    assert write_rendered(place, folder) == ()


def test_nothing_is_secret_in_it(place: Place, folder: Path) -> None:
    write_rendered(place, folder)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
    assert modes == {0o644}


def test_only_what_changed_is_written_again(place: Place, folder: Path) -> None:
    write_rendered(place, folder)
    (folder / "launch").write_text("changed by hand\n")
    assert write_rendered(place, folder) == ("launch",)


def test_what_is_no_longer_rendered_is_removed(place: Place, folder: Path) -> None:
    write_rendered(place, folder)
    (folder / "edge" / "old.conf").write_text("of a version before\n")
    assert write_rendered(place, folder) == ("edge/old.conf (removed)",)
    assert not (folder / "edge" / "old.conf").exists()


def test_a_folder_of_something_else_is_left_alone(place: Place, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(MachineError, match="holds files that Uz did not write"):
        write_rendered(place, folder)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_place_of_the_folder_is_an_error(place: Place, folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("a file")
    with pytest.raises(MachineError, match="production"):
        write_rendered(place, folder)


def test_links_are_not_followed(place: Place, folder: Path, tmp_path: Path) -> None:
    write_rendered(place, folder)
    (folder / "launch").unlink()
    (tmp_path / "elsewhere").write_text("x")
    (folder / "launch").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineError, match="symbolic link"):
        write_rendered(place, folder)
    assert (tmp_path / "elsewhere").read_text() == "x"


def test_what_was_just_written_does_not_differ(place: Place, folder: Path) -> None:
    write_rendered(place, folder)
    assert differences(place, folder) == ()


def test_a_folder_that_is_not_there_differs_in_everything(place: Place, folder: Path) -> None:
    found = differences(place, folder)
    assert len([line for line in found if line.startswith("+++ ")]) == len(rendered(place))
    assert not folder.exists()


def test_the_difference_shows_what_is_there_and_what_would_be(place: Place, folder: Path) -> None:
    write_rendered(place, folder)
    with (folder / "launch").open("a") as file:
        file.write("by hand\n")
    (folder / "edge" / "old.conf").write_text("x")
    found = differences(place, folder)
    assert found[0] == f"--- {folder / 'launch'}"
    assert "-by hand" in found
    assert found[-1] == f"{folder / 'edge/old.conf'}: no longer rendered"
    assert (folder / "launch").read_text().endswith("by hand\n")
