from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.items import Trial, World, evidence, experiment
from tests.places import Projects

from uz.environment import Environment
from uz.errors import BusyError, MachineError, ProgramError, UnhealthyError
from uz.evidence import Effect
from uz.operations import evidence_store
from uz.operations import rehearse as rehearsing
from uz.operations.place import Place, layout_of
from uz.operations.rehearse import leftovers, rehearse
from uz.spec import Kind, Spec
from uz.targets.local.environment import rehearsal_spec
from uz.targets.local.layout import Layout
from uz.targets.local.state import State, locked, read_state, write_state
from uz.testing import FakeEnvironment
from uz.trail import entries
from uz.verdict import Verdict, proven, refuted


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def place(projects: Projects) -> Place:
    return projects.applied()


@pytest.fixture(autouse=True)
def faked(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment of files only is brought up, and its handle is a fake one."""

    def up(layout: Layout, *_: object, parent: str, **__: object) -> None:
        layout.root.mkdir(mode=0o700)
        write_state(layout, State(kind="rehearsal", parent=parent))

    def handle(
        _layout: object, spec: Spec, _stack: object, _machine: object, rehearses: Kind, **_: object
    ) -> FakeEnvironment:
        fake = FakeEnvironment(spec)
        fake.stands_for = rehearses
        return fake

    monkeypatch.setattr(rehearsing, "up", up)
    monkeypatch.setattr(rehearsing, "LocalEnvironment", handle)
    monkeypatch.setattr(rehearsing, "held_base", lambda _layout: nullcontext(23000))


def rehearsal_of(place: Place) -> Layout:
    return layout_of(rehearsal_spec(place.spec, 23000))


def test_everything_is_tried_and_broken_in_an_environment_of_its_own(
    place: Place, world: World
) -> None:
    item = world.item(Effect.DISRUPT)
    done = rehearse(place, (item,), "rehearse", progress=world.progress)
    assert [one.verdict.reason for one in done.evidence] == ["it holds"]
    assert done.evidence[0].rehearsed
    assert [one.held for one in done.controls] == [True]
    assert not rehearsal_of(place).root.exists()
    assert world.seen[-1] == "rehearsal: destroyed"


def test_it_stands_for_the_environment_it_was_made_from(place: Place, world: World) -> None:
    seen: list[tuple[Kind, Kind]] = []

    def look(env: Environment) -> Verdict:
        seen.append((env.kind, env.stands_for))
        return proven("yes")

    item = Trial((experiment(look),))
    rehearse(place, (item,), "rehearse", progress=world.progress)
    assert seen == [(Kind.REHEARSAL, Kind.PRODUCTION)]


def test_where_the_store_that_it_needs_is_missing_nothing_is_begun(
    projects: Projects, world: World
) -> None:
    keys = {name: f"ref+vault://secret/shop#/{name}" for name in ("access_key", "secret_key")}
    place = projects.applied(backups={"offsite": "s3://vault", **keys})
    programs = {name: one for name, one in place.machine.programs.items() if name != "weed"}
    place = replace(place, machine=replace(place.machine, programs=programs))
    with pytest.raises(ProgramError, match="weed .*rehearsals") as raised:
        rehearse(place, (world.item(),), "rehearse", progress=world.progress)
    assert "uz doctor --install" in raised.value.hint
    assert world.seen == []


def test_controls_may_be_left_out(place: Place, world: World) -> None:
    done = rehearse(place, (world.item(),), "x", progress=world.progress, controls=False)
    assert (done.controls, world.sabotaged) == ((), 0)


def test_its_evidence_is_kept_with_the_environment_it_was_made_from(
    place: Place, world: World
) -> None:
    done = rehearse(place, (world.item(),), "rehearse", progress=world.progress)
    assert evidence_store.read(place.layout.evidence, "trial.holds") == done.evidence


def test_an_environment_that_does_not_exist_gets_no_evidence(
    projects: Projects, world: World
) -> None:
    place = projects.place()
    done = rehearse(place, (world.item(),), "rehearse", progress=world.progress)
    assert done.evidence
    assert not place.layout.root.exists()


def own(
    place: Place, verdict: Verdict, *, fresh: bool = True, kind: Kind = Kind.PRODUCTION
) -> None:
    """Let the environment have evidence already."""
    inputs = FakeEnvironment(rehearsal_spec(place.spec, 23000)).inputs(("edge",))
    found = inputs if fresh else {"config:edge": "of another time"}
    kept = evidence(verdict, at=datetime.now(UTC), inputs=found, kind=kind.value)
    evidence_store.keep(place.layout.evidence, [kept])


@pytest.mark.parametrize("verdict", [proven("seen there"), refuted("seen there")])
def test_what_was_tried_on_the_environment_itself_says_more(
    place: Place, world: World, verdict: Verdict
) -> None:
    own(place, verdict)
    rehearse(place, (world.item(),), "rehearse", progress=world.progress)
    (kept,) = evidence_store.read(place.layout.evidence, "trial.holds")
    assert kept.verdict.reason == "seen there"


@pytest.mark.parametrize(("fresh", "kind"), [(False, Kind.PRODUCTION), (True, Kind.REHEARSAL)])
def test_what_is_stale_or_rehearsed_is_replaced(
    place: Place, world: World, fresh: bool, kind: Kind
) -> None:
    own(place, proven("seen there"), fresh=fresh, kind=kind)
    rehearse(place, (world.item(),), "rehearse", progress=world.progress)
    (kept,) = evidence_store.read(place.layout.evidence, "trial.holds")
    assert kept.verdict.reason == "it holds"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), UnhealthyError("does not come up")])
def test_it_is_destroyed_however_it_ends(
    place: Place, world: World, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_: object) -> object:
        raise error

    monkeypatch.setattr(rehearsing, "prove", fail)
    with pytest.raises(type(error)):
        rehearse(place, (world.item(),), "rehearse", progress=world.progress)
    assert not rehearsal_of(place).root.exists()
    assert evidence_store.read(place.layout.evidence, "trial.holds") == ()
    assert len(entries(place.layout.trail)) == 1
    assert entries(place.layout.trail)[0].outcome != "done"


def interrupted(place: Place, parent: str = "production") -> Layout:
    """Leave what a killed rehearsal leaves."""
    layout = rehearsal_of(place)
    layout.root.mkdir(mode=0o700)
    write_state(layout, State(kind="rehearsal", parent=parent))
    return layout


def test_one_that_was_killed_is_found_and_removed_first(place: Place, world: World) -> None:
    layout = interrupted(place)
    (layout.root / "half").write_text("made")
    assert leftovers(place) == (layout,)
    rehearse(place, (world.item(),), "rehearse", progress=world.progress)
    assert world.seen[0] == "rehearsal: removing what an interrupted one left behind"
    assert leftovers(place) == ()


def test_one_that_runs_is_no_leftover(place: Place) -> None:
    layout = interrupted(place)
    with locked(layout, "rehearse"):
        assert leftovers(place) == ()


def test_two_rehearsals_do_not_run_at_once(place: Place, world: World) -> None:
    layout = interrupted(place)
    with locked(layout, "rehearse"), pytest.raises(BusyError):
        rehearse(place, (world.item(),), "rehearse", progress=world.progress)
    assert read_state(layout)


def test_an_environment_that_only_has_its_name_is_not_removed(place: Place, world: World) -> None:
    layout = interrupted(place, parent="")
    with pytest.raises(MachineError, match="not a rehearsal left behind"):
        rehearse(place, (world.item(),), "rehearse", progress=world.progress)
    assert Path(layout.state).exists()


def test_an_environment_of_its_own_is_no_leftover(place: Place) -> None:
    interrupted(place, parent="")
    assert leftovers(place) == ()
