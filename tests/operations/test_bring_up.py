from dataclasses import dataclass, field, replace

import pytest
from tests.places import Projects

from uz.errors import BusyError, MachineError, ProgramError, UnhealthyError
from uz.operations import bring_up as bringing
from uz.operations.bring_up import bring_up
from uz.operations.place import Place
from uz.secret import Secret
from uz.spec import Spec
from uz.targets.local.layout import Layout
from uz.targets.local.rotation import rotate as engine
from uz.targets.local.state import locked
from uz.targets.local.up import Applied
from uz.trail import entries


def silent(_name: str, _what: str) -> None:
    """Say nothing."""


@dataclass
class Target:
    """What is applied instead of a real environment."""

    specs: list[Spec] = field(default_factory=list)
    error: Exception | None = None
    uncommitted: bool | Exception = False
    rotating: tuple[str, ...] = ()

    def up(self, _layout: Layout, spec: Spec, *_: object, **__: object) -> Applied:
        self.specs.append(spec)
        if self.error:
            raise self.error
        return Applied("0001", started=("edge",), rotating=self.rotating)

    def changed(self, _spec: Spec, _project: object) -> bool:
        if isinstance(self.uncommitted, Exception):
            raise self.uncommitted
        return self.uncommitted


@pytest.fixture(autouse=True)
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    one = Target()
    monkeypatch.setattr(bringing, "up", one.up)
    monkeypatch.setattr(bringing, "uncommitted", one.changed)
    return one


@pytest.fixture
def place(projects: Projects) -> Place:
    return projects.place()


def test_it_is_applied_and_in_the_audit_trail(place: Place, target: Target) -> None:
    done = bring_up(place, "up", progress=silent)
    assert done.applied.started == ("edge",)
    assert target.specs == [place.spec]
    assert [(one.command, one.outcome) for one in entries(place.layout.trail)] == [
        ("uz up", "done")
    ]


def test_a_stack_that_does_not_come_up_is_in_the_audit_trail(place: Place, target: Target) -> None:
    target.error = UnhealthyError("app-1 is not ready")
    with pytest.raises(UnhealthyError):
        bring_up(place, "up", progress=silent)
    assert [one.outcome for one in entries(place.layout.trail)] == ["failed: app-1 is not ready"]


def test_the_working_tree_is_released_only_where_asked(place: Place, target: Target) -> None:
    bring_up(place, "up", progress=silent)
    bring_up(place, "up --working-tree", progress=silent, working_tree=True)
    assert [one.app.source for one in target.specs] == ["git", "working-tree"]
    assert place.spec.app.source == "git"


def test_another_projects_environment_is_taken_over_only_where_asked(
    projects: Projects, place: Place, target: Target
) -> None:
    projects.apply(place, project="/elsewhere")
    with pytest.raises(MachineError, match="belongs to the project"):
        bring_up(place, "up", progress=silent)
    assert target.specs == []
    bring_up(place, "up --adopt", progress=silent, adopt=True)
    assert target.specs == [place.spec]


def test_one_command_at_a_time(projects: Projects, place: Place, target: Target) -> None:
    projects.apply(place)
    with locked(place.layout, "down"), pytest.raises(BusyError):
        bring_up(place, "up", progress=silent)
    assert target.specs == []


def notes(place: Place) -> str:
    return "\n".join(bring_up(place, "up", progress=silent).notes)


def test_uncommitted_changes_are_told(place: Place, target: Target) -> None:
    assert "uncommitted" not in notes(place)
    target.uncommitted = True
    assert "uncommitted changes are not in this release" in notes(place)
    target.uncommitted = ProgramError("git: still running")
    assert "git could not say" in notes(place)


def test_a_stack_without_isolation_is_told_so(place: Place) -> None:
    assert "isolation is off" in notes(place)
    apart = replace(place, machine=replace(place.machine, isolated=True))
    assert "isolation is off" not in notes(apart)


def test_a_certificate_of_the_own_authority_is_told(place: Place) -> None:
    assert str(place.layout.data / "authority.pem") in notes(place)


def test_rotations_that_were_interrupted_are_finished_and_that_is_told(
    place: Place, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished: list[str] = []
    monkeypatch.setattr(engine, "finish", lambda _env, name, _progress: finished.append(name))
    target.rotating = ("redis/app",)
    assert "an interrupted rotation of redis/app is finished" in notes(place)
    assert finished == ["redis/app"]


def test_who_has_nothing_to_log_in_with_finishes_no_rotation(
    place: Place, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "finish", lambda *_: pytest.fail("finished"))
    target.rotating = ("redis/app",)
    done = bring_up(place, "up", progress=silent, identity=Secret(b"token"))
    assert any("`uz secrets rotate redis/app`" in note for note in done.notes)
