import pytest

from uz.checklist.database_managed import DatabaseManaged
from uz.checklist.redis_durable import RedisDurable
from uz.checklist.replicas import copied, counted, no_database_replica, no_redis_replica
from uz.testing import FakeEnvironment, spec
from uz.verdict import Domain, State


@pytest.mark.parametrize(
    ("kind", "state"),
    [("rehearsal", State.PROVEN), ("staging", State.PROVEN), ("production", State.DECLARED)],
)
def test_a_copy_on_the_same_machine_is_never_proven_for_production(kind: str, state: State) -> None:
    verdict = copied(FakeEnvironment(spec("trial", kind=kind)), "a row is there", lag_ms=2.0)
    assert verdict.state is state
    assert ("same machine and disk" in verdict.reason) == (state is State.DECLARED)
    assert verdict.figures["lag_ms"] == 2.0


def test_one_that_survives_the_machine_is_proven_for_production(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    env = FakeEnvironment(spec("trial", kind="production"))
    monkeypatch.setattr(env, "failure_domains", lambda: (Domain.MACHINE,))
    assert copied(env, "a row is there").state is State.PROVEN


def test_one_is_a_replica_and_two_are_replicas() -> None:
    assert (counted(1), counted(2)) == ("1 replica", "2 replicas")


def test_without_a_replica_none_can_be_taken_away() -> None:
    alone = spec("trial", database={"replicas": 0}, redis={"purpose": "store", "replicas": 0})
    both = spec("trial", database={}, redis={"purpose": "store"})
    assert no_database_replica(alone) == "database.replicas is 0"
    assert no_redis_replica(alone) == "redis.replicas is 0"
    assert (no_database_replica(both), no_redis_replica(both)) == ("", "")


@pytest.mark.parametrize(
    ("item", "names"),
    [
        (DatabaseManaged(), {"slot-dropped", "detached", "replica-down", "wrong-server",
                             "other-policy"}),
        (RedisDurable(), {"replica-detached", "replica-down"}),
    ],
)  # fmt: skip
def test_every_control_that_takes_one_away_says_so(
    item: DatabaseManaged | RedisDurable, names: set[str]
) -> None:
    alone = spec("trial", database={"replicas": 0}, redis={"purpose": "store", "replicas": 0})
    assert {one.name for one in item.controls if one.unfit(alone)} == names
