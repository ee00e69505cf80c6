import pytest
from tests.checklist.database_stand import DatabaseStand, visited

from uz.checklist.managed import lost, users
from uz.checklist.managed.lost import primary_lost, replica_lost
from uz.verdict import State


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STEADY", "RECOVERY", "RETURN", "PATIENCE"):
        monkeypatch.setattr(lost, name, 0.3)
    monkeypatch.setattr(lost, "AWAY", 1.0)
    monkeypatch.setattr(users, "observed", visited())
    monkeypatch.setattr(users, "QUERIES", 20)


def test_an_app_that_is_served_again_after_a_crash_is_proven() -> None:
    verdict = primary_lost(DatabaseStand())
    assert verdict.state is State.PROVEN, verdict.reason
    assert {"requests", "failed_requests", "gap_s", "primary_away_s"} <= verdict.figures.keys()


def test_errors_during_the_crash_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "observed", visited(failing=3))
    verdict = primary_lost(DatabaseStand())
    assert verdict.state is State.PROVEN
    assert "3 of 100 requests" in verdict.reason


def test_a_primary_that_stays_away_is_refuted_and_given_back() -> None:
    class Stays(DatabaseStand):
        def kill(self, service: str) -> None:
            self.stop(service)

    stand = Stays()
    assert primary_lost(stand).state is State.REFUTED
    assert stand.running["database-2"]


def test_an_app_that_is_well_but_cannot_write_looks_right_and_is_refuted() -> None:
    class Stuck(DatabaseStand):
        def kill(self, service: str) -> None:
            super().kill(service)
            self.refused = "FATAL:  server_login_retry"

    verdict = primary_lost(Stuck())
    assert verdict.state is State.REFUTED
    assert "is not served" in verdict.reason


def test_an_app_that_does_not_get_over_it_is_refuted() -> None:
    class Sulks(DatabaseStand):
        def kill(self, service: str) -> None:
            super().kill(service)
            self.broken.add("app-1")

    assert primary_lost(Sulks()).state is State.REFUTED


def test_a_replica_that_nobody_misses_is_proven() -> None:
    stand = DatabaseStand()
    verdict = replica_lost(stand)
    assert verdict.state is State.PROVEN, verdict.reason
    assert "reads and writes went on" in verdict.reason
    assert any("emit_message" in sql for who, sql in stand.asked if who == "app")


def test_where_writes_wait_for_the_only_replica_reads_go_on() -> None:
    stand = DatabaseStand(replication="synchronous")
    verdict = replica_lost(stand)
    assert verdict.state is State.PROVEN, verdict.reason
    assert ": reads went on" in verdict.reason


def test_writes_that_wait_for_one_of_two_replicas_go_on() -> None:
    verdict = replica_lost(DatabaseStand(replication="synchronous", replicas=2))
    assert verdict.state is State.PROVEN, verdict.reason
    assert "reads and writes" in verdict.reason


def test_one_failed_request_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "observed", visited(failing=1))
    verdict = replica_lost(DatabaseStand())
    assert verdict.state is State.REFUTED
    assert "1 of 100 requests" in verdict.reason


def test_a_query_that_is_only_held_is_an_error_too() -> None:
    stand = DatabaseStand()
    stand.shown["synchronous_standby_names"] = "ANY 1 (database_1)"
    verdict = replica_lost(stand)
    assert verdict.state is State.REFUTED
    assert "no answer in 0.3 s" in verdict.reason


def test_without_a_replica_none_can_be_lost() -> None:
    assert replica_lost(DatabaseStand(replicas=0)).state is State.REFUTED
