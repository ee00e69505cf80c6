"""Time limits: those that hold, those that do not, and endings that look like them."""

import pytest
from tests.checklist.pool_stand import PoolStand, pooled_spec

from uz.checklist.pooling import limits
from uz.checklist.pooling.clients import Answered
from uz.checklist.pooling.limits import (
    cut_verdict,
    statement_timeout,
    stuck_client,
    stuck_verdict,
)
from uz.shell import Completed
from uz.verdict import State

SERVER = "ERROR:  canceling statement due to statement timeout"
POOLER = "FATAL:  query_timeout"


def told(seconds: float, error: str = "") -> Answered:
    """What a client was told after some time."""
    return Answered(Completed((), 3 if error else 0, "", error), seconds)


def test_a_statement_that_is_cut_in_time_is_proven(stand: PoolStand) -> None:
    found = statement_timeout(stand)
    assert found.state is State.PROVEN
    assert found.figures["cut_by"] == "the server"
    assert 0.3 <= float(found.figures["statement_ended_s"]) < 0.5


def test_with_synchronous_replicas_it_is_pgbouncer_that_cuts() -> None:
    found = statement_timeout(PoolStand(pooled_spec(replication="synchronous")))
    assert (found.state, found.figures["cut_by"]) == (State.PROVEN, "PgBouncer")


@pytest.mark.parametrize(
    ("answered", "state"),
    [
        (told(2.1, SERVER), State.PROVEN),
        (told(2.1, POOLER), State.PROVEN),
        (told(4.0), State.REFUTED),
        (told(1.0, SERVER), State.REFUTED),
        (told(9.0, SERVER), State.REFUTED),
        (told(2.0, "FATAL:  the database system is shutting down"), State.UNKNOWN),
    ],
    ids=["server", "pooler", "never", "too early", "too late", "by something else"],
)
def test_a_statement_has_to_end_by_its_limit_and_at_its_time(
    answered: Answered, state: State
) -> None:
    assert cut_verdict(answered, 2.0).state is state


def test_stuck_clients_that_are_thrown_out_are_proven(stand: PoolStand) -> None:
    found = stuck_client(stand)
    assert found.state is State.PROVEN, found.reason
    assert found.figures["stuck"] == 5


def test_a_limit_that_is_not_in_effect_is_refuted(stand: PoolStand) -> None:
    stand.limits.clear()
    assert stuck_client(stand).state is State.REFUTED
    assert statement_timeout(stand).state is State.REFUTED


def test_a_pool_that_was_never_taken_decides_nothing(
    stand: PoolStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "backends", lambda *_: stand.pool - 1)
    found = stuck_client(stand)
    assert found.state is State.UNKNOWN
    assert "did not come to hold" in found.reason


@pytest.mark.parametrize(
    ("answered", "served", "ended", "state"),
    [
        (told(2.0), 2.0, 2.1, State.PROVEN),
        (told(2.0), 2.0, None, State.REFUTED),
        (told(9.0), 9.0, 9.0, State.REFUTED),
        (told(2.0, "FATAL:  query_wait_timeout"), 2.0, 2.0, State.REFUTED),
        (told(0.02), 0.02, 2.0, State.UNKNOWN),
    ],
    ids=["in time", "still open", "too late", "the next one failed", "the pool was not held"],
)
def test_others_have_to_be_served_when_the_limit_is_over(
    answered: Answered, served: float, ended: float | None, state: State
) -> None:
    assert stuck_verdict(answered, served, ended, limit=2.0, held=5).state is state
