"""A crowd is served by the pool, or it is not; and what looks like it and is not."""

import pytest
from tests.checklist.pool_stand import LIMIT, POOL, PoolStand

from uz.checklist.pooling.clients import Load
from uz.checklist.pooling.crowd import SHARE, STATEMENT, crowd, judged, planned
from uz.verdict import State, Verdict


def verdict(load: Load, *, peak: int = POOL, clients: int = LIMIT) -> Verdict:
    """Judge a crowd that is one more than `clients`."""
    return judged(planned(clients, POOL), load, limit=LIMIT, peak=peak, pool=POOL)


def test_a_crowd_served_over_the_pool_is_proven_with_figures(stand: PoolStand) -> None:
    found = crowd(stand)
    assert found.state is State.PROVEN
    assert found.figures.items() >= {
        "clients": LIMIT + 1, "max_connections": LIMIT, "peak": POOL, "failed": 0, "late": 0,
    }.items()  # fmt: skip


def test_clients_that_are_refused_refute_it() -> None:
    found = verdict(Load(0, 0, 0, 'too many connections for role "app"'))
    assert found.state is State.REFUTED
    assert "too many connections" in found.reason


def test_one_failed_client_refutes_it() -> None:
    assert verdict(Load(200, 1, 0)).state is State.REFUTED


def test_all_served_but_only_when_others_had_left_looks_right_and_is_refuted() -> None:
    found = verdict(Load(processed=200, failed=0, late=LIMIT + 1 - POOL))
    assert found.state is State.REFUTED
    assert "while others did nothing" in found.reason


def test_all_served_over_more_connections_than_the_pool_has_is_refuted() -> None:
    found = verdict(Load(200, 0, 0), peak=POOL + 1)
    assert (found.state, found.figures["peak"]) == (State.REFUTED, POOL + 1)


@pytest.mark.parametrize(
    ("load", "peak", "clients"),
    [(Load(200, 0, 0), POOL, LIMIT - 1), (Load(200, 0, 0), 0, LIMIT), (Load(3, 0, 0), POOL, LIMIT)],
    ids=["no crowd at all", "no connection was seen", "hardly anything was sent"],
)
def test_too_little_to_judge_by_is_no_pass(load: Load, peak: int, clients: int) -> None:
    assert verdict(load, peak=peak, clients=clients).state is State.UNKNOWN


@pytest.mark.parametrize(("limit", "pool"), [(14, 1), (33, 20), (1013, 1000)])
def test_a_crowd_leaves_most_of_the_pool_to_others(limit: int, pool: int) -> None:
    plan = planned(limit, pool)
    assert plan.clients > limit
    wanted = plan.clients * STATEMENT / (plan.pause + STATEMENT)
    assert wanted <= pool / SHARE
    assert plan.pause + STATEMENT < plan.patience < plan.stay
