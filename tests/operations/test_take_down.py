import pytest
from tests.places import Projects

from uz.errors import MachineError, UzError
from uz.operations.take_down import refuse_deletion, take_down
from uz.targets.local.layout import Layout
from uz.targets.local.state import State, write_state
from uz.trail import entries


def silent(_name: str, _what: str) -> None:
    """Say nothing."""


def test_what_was_never_up_is_down_already(projects: Projects) -> None:
    assert take_down(projects.project(), "production", "down", progress=silent) == ()
    assert not projects.home.exists()


def test_data_stays_and_the_trail_says_what_happened(projects: Projects) -> None:
    place = projects.applied()
    (place.layout.root / "data").mkdir()
    assert take_down(place.project, "production", "down", progress=silent) == ()
    assert place.layout.data.is_dir()
    assert place.layout.state.is_file()
    assert [(one.command, one.outcome) for one in entries(place.layout.trail)] == [
        ("uz down", "done")
    ]


def test_the_data_of_a_trial_goes_where_asked(projects: Projects) -> None:
    place = projects.applied("trial")
    take_down(place.project, "trial", "down", progress=silent, delete_data=True)
    assert not place.layout.root.exists()
    assert place.layout.trail.is_file()


def test_the_data_of_production_is_never_deleted(projects: Projects) -> None:
    place = projects.applied()
    with pytest.raises(UzError, match="marked production"):
        take_down(place.project, "production", "down", progress=silent, delete_data=True)
    assert place.layout.root.is_dir()


def test_deletion_is_refused_for_what_is_production_by_spec_or_by_state(
    projects: Projects,
) -> None:
    with pytest.raises(UzError, match="marked production"):
        refuse_deletion(projects.project(), "production")
    place = projects.place("trial")
    projects.apply(place, kind="production")
    with pytest.raises(UzError, match="marked production") as raised:
        refuse_deletion(place.project, "trial")
    assert "uz uninstall" in raised.value.hint


def test_deletion_is_offered_for_a_trial(projects: Projects) -> None:
    place = projects.applied("trial")
    assert refuse_deletion(place.project, "trial") == place.layout


@pytest.mark.parametrize("delete_data", [False, True])
def test_another_projects_environment_is_neither_stopped_nor_removed(
    projects: Projects, delete_data: bool
) -> None:
    place = projects.place("trial")
    projects.apply(place, project="/elsewhere")
    with pytest.raises(MachineError, match="belongs to the project /elsewhere"):
        take_down(place.project, "trial", "down", progress=silent, delete_data=delete_data)
    with pytest.raises(MachineError, match="belongs to the project /elsewhere"):
        refuse_deletion(place.project, "trial")
    assert place.layout.state.exists()
    assert entries(place.layout.trail) == ()


def test_what_interrupted_commands_left_of_it_goes_with_the_data(projects: Projects) -> None:
    place = projects.applied("trial")
    folder = place.layout.app_folder
    rehearsal = Layout(place.layout.home, "shop", "trial-rehearsal")
    other = Layout(place.layout.home, "shop", "other-drill")
    for one, parent in ((rehearsal, "trial"), (other, "other")):
        one.root.mkdir()
        write_state(one, State(kind="rehearsal", parent=parent))
    (folder / "trial-drill.recovering").mkdir()
    place.layout.recovering.root.mkdir()
    take_down(place.project, "trial", "down", progress=silent, delete_data=True)
    left = {path.name for path in folder.iterdir() if path.is_dir()}
    assert left == {"other-drill"}


def test_what_a_recovery_left_goes_where_there_is_no_environment(projects: Projects) -> None:
    place = projects.place("trial")
    place.layout.recovering.root.mkdir(parents=True)
    take_down(place.project, "trial", "down", progress=silent)
    assert place.layout.recovering.root.exists()
    take_down(place.project, "trial", "down", progress=silent, delete_data=True)
    assert not place.layout.recovering.root.exists()
