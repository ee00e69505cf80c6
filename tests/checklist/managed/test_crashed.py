import pytest
from tests.checklist.database_stand import DatabaseStand

from uz.checklist.managed import crashed
from uz.checklist.managed.crashed import crash
from uz.verdict import State


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crashed, "CATCH_UP", 0.2)


def test_a_server_that_has_every_row_after_two_crashes_is_proven() -> None:
    stand = DatabaseStand()
    verdict = crash(stand)
    assert verdict.state is State.PROVEN, verdict.reason
    assert verdict.figures["acknowledged"] == 2 * crashed.WRITES
    assert stand.restarts == dict.fromkeys(stand.running, 0) | {"database-2": 2}
    assert "not of the machine" in verdict.reason


def test_one_forgotten_row_is_refuted() -> None:
    stand = DatabaseStand()
    stand.forgets = 1
    verdict = crash(stand)
    assert verdict.state is State.REFUTED
    assert "acknowledged rows are lost" in verdict.reason


def test_a_replica_without_the_rows_looks_right_on_the_primary_and_is_refuted() -> None:
    stand = DatabaseStand()
    stand.followed = False
    verdict = crash(stand)
    assert verdict.state is State.REFUTED
    assert "not on database-1" in verdict.reason


def test_a_server_that_takes_no_rows_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crashed, "WRITES", crashed.ENOUGH - 1)
    assert crash(DatabaseStand()).state is State.UNKNOWN


def test_without_a_replica_the_primary_alone_is_judged() -> None:
    verdict = crash(DatabaseStand(replicas=0))
    assert verdict.state is State.PROVEN
    assert "replica" not in verdict.reason
