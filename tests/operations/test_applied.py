from pathlib import Path

import pytest
from tests.places import HOME_VARIABLE, Projects

from uz.components.scheduler import APPLIED
from uz.errors import MachineError, UzError
from uz.operations import applied as module
from uz.operations import place as placing
from uz.operations.applied import applied_place, applied_spec, chosen_place, layout_at
from uz.operations.place import Place
from uz.testing import MACHINE


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """One that was brought up with backups."""
    projects = Projects(tmp_path)
    monkeypatch.setenv(HOME_VARIABLE, str(projects.home))
    for one in (module, placing):
        monkeypatch.setattr(one, "survey", lambda *_: MACHINE)
        monkeypatch.setattr(one, "require", lambda *_: None)
    found = projects.applied(backups={}, app={"instances": 3})
    path = found.layout.config / APPLIED
    path.parent.mkdir(parents=True)
    path.write_text(found.stack.files[APPLIED])
    return found


def test_it_is_what_was_applied_whatever_uz_toml_says_now(place: Place) -> None:
    (place.project / "uz.toml").write_text("half [edited")
    assert applied_place(place.layout) == place
    assert chosen_place(Path("/nowhere"), "production", place.layout.root) == place


def test_the_project_may_be_gone(place: Place) -> None:
    place.layout.state.unlink()
    found = applied_place(place.layout)
    assert (found.spec, found.project) == (place.spec, place.layout.root)


def test_without_a_folder_it_is_the_project_s(place: Place) -> None:
    assert chosen_place(place.project, "production", None) == place


def test_the_folder_says_which_environment_it_is(place: Place, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(place.layout.root)
    assert layout_at(tmp_path / "link") == place.layout


@pytest.mark.parametrize("text", ["", "{", "{}", "\x00"])
def test_one_that_is_damaged_says_what_to_do(place: Place, text: str) -> None:
    (place.layout.config / APPLIED).write_text(text)
    with pytest.raises(MachineError, match="damaged") as raised:
        applied_spec(place.layout)
    assert "`uz up`" in raised.value.hint


def test_one_of_another_environment_is_refused(place: Place) -> None:
    path = place.layout.config / APPLIED
    path.write_text(path.read_text().replace('"production"', '"staging"', 1))
    with pytest.raises(MachineError, match="is of shop/staging"):
        applied_spec(place.layout)


def test_without_backups_there_is_none(place: Place) -> None:
    path = place.layout.config / APPLIED
    path.unlink()
    with pytest.raises(UzError, match="no backups are configured") as raised:
        applied_spec(place.layout)
    assert "[backups]" in raised.value.hint
    path.mkdir()
    with pytest.raises(MachineError, match="Is a directory"):
        applied_spec(place.layout)
