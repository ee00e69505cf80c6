import threading
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest
from tests.operations.cluster import Steps
from tests.places import Projects

from uz.backups.drilled import Drilled
from uz.backups.finding import Finding
from uz.backups.system import BackupSystem
from uz.errors import StoreUnreachableError
from uz.operations import drill_record as module
from uz.operations import evidence_store
from uz.operations.drill_history import history
from uz.operations.drill_record import drilled
from uz.operations.place import Place
from uz.targets.local.state import locked
from uz.testing import FakeEnvironment
from uz.verdict import State

ITEM = "backups.restorable"
HELD, WRONG = Finding("point", True, "as recorded"), Finding("point", False, "2 rows are missing")


@pytest.fixture
def place(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = projects.applied(database={}, backups={"offsite": "embedded"})
    made.layout.repositories.mkdir(parents=True)
    fake = FakeEnvironment(made.spec)
    fake.backup_system = cast(BackupSystem, SimpleNamespace(away=False))
    monkeypatch.setattr(Place, "environment", property(lambda _place: fake))
    return made


@pytest.fixture
def drills(monkeypatch: pytest.MonkeyPatch) -> list[Drilled]:
    """What drills come to, in order."""
    coming: list[Drilled] = []

    def drill(_place: Place, _progress: object, *, whole: bool) -> Drilled:
        assert coming[0].whole == whole
        return coming.pop(0)

    monkeypatch.setattr(module, "drill", drill)
    return coming


def one(finding: Finding = HELD, *, whole: bool = True) -> Drilled:
    return Drilled(datetime.now(UTC), "cafe", "F1", "uz-1", {"fetch": 2.0}, 1.0, (finding,), whole)


def states(place: Place) -> dict[str, State]:
    found = evidence_store.read(place.layout.evidence, ITEM)
    return {each.experiment: each.verdict.state for each in found}


def test_a_whole_one_is_evidence_for_both_experiments(
    place: Place, drills: list[Drilled], steps: Steps
) -> None:
    drills.append(one())
    done = drilled(place, steps)
    assert history(place.layout) == (done,)
    assert set(states(place)) == {"restored", "recovered"}


def test_one_of_the_database_says_nothing_of_the_app(
    place: Place, drills: list[Drilled], steps: Steps
) -> None:
    drills += [one(WRONG), one(whole=False)]
    drilled(place, steps)
    assert set(states(place).values()) == {State.REFUTED}
    drilled(place, steps, whole=False)
    assert states(place)["recovered"] is State.REFUTED
    assert states(place)["restored"] is not State.REFUTED


def test_a_store_on_the_same_machine_proves_nothing_for_production(
    place: Place, drills: list[Drilled], steps: Steps
) -> None:
    drills.append(one())
    drilled(place, steps)
    assert State.PROVEN not in states(place).values()


def test_what_is_wrong_is_kept_as_well(place: Place, drills: list[Drilled], steps: Steps) -> None:
    drills.append(one(WRONG))
    done = drilled(place, steps)
    assert not done.ok
    assert history(place.layout)[-1].wrong == ("point: 2 rows are missing",)
    (first, _) = evidence_store.read(place.layout.evidence, ITEM)
    assert "2 rows are missing" in first.verdict.reason


def test_where_it_could_not_be_tried_nothing_is_kept(
    place: Place, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drill(*_: object, **__: object) -> Drilled:
        raise StoreUnreachableError("no answer")

    monkeypatch.setattr(module, "drill", drill)
    with pytest.raises(StoreUnreachableError):
        drilled(place, steps)
    assert history(place.layout) == ()
    assert states(place) == {}


def test_a_command_that_holds_the_environment_is_waited_for(
    place: Place, drills: list[Drilled], steps: Steps
) -> None:
    drills.append(one())
    with locked(place.layout, "up"):
        thread = threading.Thread(target=drilled, args=(place, steps))
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        assert states(place) == {}
    thread.join(60)
    assert set(states(place)) == {"restored", "recovered"}


def test_where_it_stays_held_the_record_is_kept_and_that_it_is_no_evidence_is_told(
    place: Place, drills: list[Drilled], steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FREE", 0.05)
    drills.append(one())
    with locked(place.layout, "up"):
        done = drilled(place, steps)
    assert history(place.layout) == (done,)
    assert states(place) == {}
    assert any(name == "evidence" and "not kept" in said for name, said in steps.said)
