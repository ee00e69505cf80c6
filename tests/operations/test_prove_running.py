from datetime import UTC, datetime, timedelta

import pytest
from tests.items import Trial, World, experiment
from tests.places import Projects

from uz.errors import BusyError, UzError
from uz.evidence import Effect
from uz.operations import evidence_store
from uz.operations.place import Place
from uz.operations.prove_running import prove_running
from uz.spec.maintenance import DAYS
from uz.targets.local.state import locked
from uz.testing import FakeEnvironment, spec
from uz.trail import entries
from uz.verdict import proven

ALWAYS = [f"{day} 00:00-00:00" for day in DAYS]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(autouse=True)
def env(monkeypatch: pytest.MonkeyPatch) -> FakeEnvironment:
    """What every place of these tests is a handle on."""
    fake = FakeEnvironment(spec())
    monkeypatch.setattr(Place, "environment", property(lambda _place: fake))
    return fake


def closed_now() -> list[str]:
    """A window that is three days away."""
    day = DAYS[(datetime.now(UTC) + timedelta(days=3)).weekday()]
    return [f"{day} 02:00-04:00"]


def test_what_was_never_brought_up_is_not_tried(projects: Projects, world: World) -> None:
    with pytest.raises(UzError, match="shop/production was never brought up") as raised:
        prove_running(projects.place(), (world.item(),), "prove", progress=world.progress)
    assert "uz up" in raised.value.hint
    assert world.tried == 0


def test_the_evidence_is_kept_and_the_trail_says_so(projects: Projects, world: World) -> None:
    place = projects.applied()
    found = prove_running(place, (world.item(),), "prove --quiet", progress=world.progress)
    assert [one.experiment for one in found] == ["tries"]
    assert evidence_store.read(place.layout.evidence, "trial.holds") == found
    assert [(one.command, one.outcome) for one in entries(place.layout.trail)] == [
        ("uz prove --quiet", "done")
    ]


def test_nothing_is_taken_away_from_users_unless_asked(projects: Projects, world: World) -> None:
    item = Trial(tuple(experiment(proven("yes"), one.value, one) for one in Effect))
    found = prove_running(projects.applied(), (item,), "prove", progress=world.progress)
    assert [one.experiment for one in found] == ["observe", "probe"]


def test_production_is_never_disrupted_without_a_window(projects: Projects, world: World) -> None:
    place = projects.applied()
    item = world.item(Effect.DISRUPT)
    with pytest.raises(UzError, match="no maintenance window is open now") as raised:
        prove_running(place, (item,), "prove", progress=world.progress, disrupt=True)
    assert "uz rehearse" in raised.value.hint
    assert "[maintenance]" in raised.value.hint
    assert world.tried == 0
    assert entries(place.layout.trail) == ()


def test_production_is_not_disrupted_outside_its_windows(projects: Projects, world: World) -> None:
    windows = closed_now()
    place = projects.applied(maintenance={"windows": windows})
    with pytest.raises(UzError, match="no maintenance window is open now") as raised:
        prove_running(
            place, (world.item(Effect.DISRUPT),), "prove", progress=world.progress, disrupt=True
        )
    assert windows[0] in raised.value.hint
    assert world.tried == 0


def test_harmless_experiments_need_no_window(projects: Projects, world: World) -> None:
    place = projects.applied(maintenance={"windows": closed_now()})
    prove_running(place, (world.item(),), "prove", progress=world.progress)
    assert world.tried == 1


def test_production_is_disrupted_inside_a_window(projects: Projects, world: World) -> None:
    place = projects.applied(maintenance={"windows": ALWAYS})
    prove_running(
        place, (world.item(Effect.DISRUPT),), "prove", progress=world.progress, disrupt=True
    )
    assert world.tried == 1


@pytest.mark.parametrize("kind", ["staging", "rehearsal"])
def test_other_environments_are_disrupted_at_any_time(
    projects: Projects, world: World, kind: str
) -> None:
    place = projects.applied("next", kind=kind)
    prove_running(
        place, (world.item(Effect.DISRUPT),), "prove", progress=world.progress, disrupt=True
    )
    assert world.tried == 1


def test_nothing_is_tried_while_another_command_works_on_it(
    projects: Projects, world: World
) -> None:
    place = projects.applied()
    with locked(place.layout, "up"), pytest.raises(BusyError):
        prove_running(place, (world.item(),), "prove", progress=world.progress)
    assert world.tried == 0
