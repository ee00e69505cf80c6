from collections.abc import Callable

import pytest
from tests.checklist.database_stand import DatabaseStand

from uz.checklist.managed import replicated as module
from uz.checklist.managed.replicated import all_stopped, policy, proof_table, replicated
from uz.environment import Environment
from uz.errors import UnhealthyError
from uz.spec import Kind
from uz.verdict import State, Verdict

Prove = Callable[[Environment], Verdict]
BOTH = pytest.mark.parametrize("replication", ["asynchronous", "synchronous"])


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LAG_LIMIT", "HELD"):
        monkeypatch.setattr(module, name, 0.3)
    monkeypatch.setattr(module, "LATER", 1.0)


def test_a_row_that_every_replica_has_is_proven() -> None:
    verdict = replicated(DatabaseStand(replicas=2))
    assert verdict.state is State.PROVEN
    assert verdict.figures["replicas"] == 2


def test_the_row_is_written_outside_the_apps_database_and_waits_for_no_replica() -> None:
    stand = DatabaseStand(replication="synchronous")
    replicated(stand)
    assert "app" not in {who for who, _ in stand.asked}
    changing = [sql for _, sql in stand.asked if "INSERT" in sql or "SCHEMA" in sql]
    assert len(changing) == 3
    assert all("SET synchronous_commit = local" in sql for sql in changing)


def test_a_replica_that_answers_with_old_rows_is_refuted() -> None:
    stand = DatabaseStand()
    stand.followed = False
    verdict = replicated(stand)
    assert (verdict.state, verdict.reason) == (
        State.REFUTED, "database-1 does not have a row after 0.3 s",
    )  # fmt: skip


def test_a_replica_that_does_not_run_is_refuted() -> None:
    stand = DatabaseStand()
    stand.stop("database-1")
    assert replicated(stand).state is State.REFUTED


@pytest.mark.parametrize("experiment", [replicated, policy])
def test_without_a_replica_nothing_is_replicated(experiment: Prove) -> None:
    verdict = experiment(DatabaseStand(replicas=0))
    assert (verdict.state, verdict.reason) == (State.REFUTED, "there is no replica")


@pytest.mark.parametrize("experiment", [replicated, policy])
def test_a_replica_on_the_same_machine_is_not_enough_for_production(experiment: Prove) -> None:
    stand = DatabaseStand()
    stand.stands_for = Kind.PRODUCTION
    verdict = experiment(stand)
    assert verdict.state is State.DECLARED
    assert "same machine" in verdict.reason


def test_the_table_is_dropped_when_an_experiment_fails() -> None:
    stand = DatabaseStand()
    with pytest.raises(ZeroDivisionError), proof_table(stand, "number integer"):
        raise ZeroDivisionError
    assert "DROP SCHEMA" in stand.asked[-1][1]


def test_a_write_that_waits_for_no_replica_is_acknowledged_and_may_be_lost() -> None:
    verdict = policy(DatabaseStand())
    assert verdict.state is State.PROVEN
    assert "lost" in verdict.reason


def test_a_write_that_waits_although_it_should_not_is_refuted() -> None:
    stand = DatabaseStand()
    stand.shown["synchronous_standby_names"] = "ANY 1 (database_1)"
    verdict = policy(stand)
    assert verdict.state is State.REFUTED
    assert "asynchronous" in verdict.reason


def test_a_write_that_fails_without_a_replica_is_refuted() -> None:
    stand = DatabaseStand()
    stand.refused = "FATAL:  query_timeout"
    verdict = policy(stand)
    assert verdict.state is State.REFUTED
    assert "query_timeout" in verdict.reason


def test_a_write_that_is_held_until_a_replica_is_back_is_proven() -> None:
    verdict = policy(DatabaseStand(replication="synchronous"))
    assert verdict.state is State.PROVEN
    assert "held for 0.3 s, and acknowledged" in verdict.reason


def test_synchronous_in_the_settings_but_acknowledged_alone_is_refuted() -> None:
    stand = DatabaseStand(replication="synchronous")
    stand.shown["synchronous_standby_names"] = ""
    verdict = policy(stand)
    assert verdict.state is State.REFUTED
    assert "acknowledged after" in verdict.reason


def test_a_write_that_is_cut_off_is_not_acknowledged_but_the_next_one_has_to_be() -> None:
    class Cut(DatabaseStand):
        def _committed(self, timeout: float) -> str:
            return super()._committed(min(timeout, 0.1))

    verdict = policy(Cut(replication="synchronous"))
    assert verdict.state is State.PROVEN
    assert "s, then refused (no answer in 1 s); with" in verdict.reason


def test_writes_that_do_not_go_on_with_the_replica_are_refuted() -> None:
    stand = DatabaseStand(replication="synchronous")
    stand.refused = "FATAL:  no more connections"
    verdict = policy(stand)
    assert verdict.state is State.REFUTED
    assert "are back" in verdict.reason


@BOTH
def test_the_replicas_run_again_afterwards(replication: str) -> None:
    stand = DatabaseStand(replication=replication, replicas=2)
    policy(stand)
    assert all(stand.running.values())


def test_every_service_is_started_again_even_where_one_does_not_come_up() -> None:
    stand = DatabaseStand(replicas=2)
    stand.broken.add("database-3")
    with pytest.raises(UnhealthyError), all_stopped(stand, ("database-1", "database-3")):
        assert not stand.running["database-1"]
    assert stand.running["database-1"]
