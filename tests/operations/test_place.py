from dataclasses import replace
from pathlib import Path

import pytest
from tests.places import Projects

from uz.errors import BusyError, MachineError, ProgramError, SpecError, UzError
from uz.operations import place as placing
from uz.operations.place import changing, layout_of, place_of, same_project
from uz.targets.local.environment import LocalEnvironment
from uz.testing import MACHINE, spec
from uz.trail import entries


def test_a_place_is_all_that_commands_need(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "survey", lambda *_: MACHINE)
    place = place_of(projects.project(), "production")
    assert place.machine is MACHINE
    assert place.stack.service("edge").listens
    assert place.layout.root == projects.home / "shop" / "production"
    assert isinstance(place.environment, LocalEnvironment)
    assert place.environment.spec is place.spec


def test_missing_programs_are_told_before_anything_happens(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "survey", lambda *_: replace(MACHINE, programs={}))
    with pytest.raises(ProgramError, match="nginx"):
        place_of(projects.project(), "production")
    assert not projects.home.exists()


def test_a_folder_without_a_spec_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        place_of(tmp_path, "production")


def test_every_environment_has_its_own_folder(projects: Projects) -> None:
    live, trial = layout_of(spec()), layout_of(spec("trial"))
    assert live.home == trial.home == projects.home
    assert live.root != trial.root


def test_a_place_that_is_new_or_its_own_is_no_others(projects: Projects) -> None:
    place = projects.place()
    same_project(place.layout, place.project)
    projects.apply(place)
    same_project(place.layout, place.project)


def test_an_environment_of_another_project_is_refused(projects: Projects) -> None:
    place = projects.place()
    projects.apply(place, project="/elsewhere")
    with pytest.raises(MachineError, match="belongs to the project /elsewhere") as raised:
        same_project(place.layout, place.project)
    assert "uz up --adopt" in raised.value.hint


def outcomes(projects: Projects) -> list[tuple[str, str, str]]:
    path = layout_of(spec()).trail
    assert path.is_relative_to(projects.home)
    return [(one.environment, one.command, one.outcome) for one in entries(path)]


def test_a_change_is_in_the_audit_trail(projects: Projects) -> None:
    with changing(layout_of(spec()), "up --quiet"):
        assert outcomes(projects) == []
    assert outcomes(projects) == [("production", "uz up --quiet", "done")]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (UzError("no disk\nsecond line"), "failed: no disk"),
        (ZeroDivisionError(), "failed"),
        (KeyboardInterrupt(), "interrupted"),
    ],
    ids=["error", "bug", "interrupt"],
)
def test_a_change_that_fails_is_in_the_audit_trail_too(
    projects: Projects, error: BaseException, outcome: str
) -> None:
    with pytest.raises(type(error)), changing(layout_of(spec()), "up"):
        raise error
    assert outcomes(projects) == [("production", "uz up", outcome)]


def test_two_commands_do_not_change_the_same_environment(projects: Projects) -> None:
    layout = layout_of(spec())
    with changing(layout, "up"), pytest.raises(BusyError, match="`uz up"), changing(layout, "down"):
        pytest.fail("both at once")
    assert outcomes(projects) == [("production", "uz up", "done")]


def test_two_environments_are_changed_side_by_side(projects: Projects) -> None:
    with changing(layout_of(spec()), "up"), changing(layout_of(spec("trial")), "up"):
        pass
    assert len(outcomes(projects)) == 2
