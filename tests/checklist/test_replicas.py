import pytest

from uz.checklist.replicas import copied, counted
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
