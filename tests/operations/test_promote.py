import pytest
from tests.operations.cluster import Cluster, Steps

from uz.errors import UnhealthyError
from uz.operations import promote as promoting
from uz.operations.promote import (
    Pool,
    follow,
    following,
    pooled,
    promote,
    rejoined,
    resume,
    to_its_end,
)


@pytest.fixture
def env() -> Cluster:
    return Cluster()


def test_who_follows_is_in_recovery_and_answers(env: Cluster) -> None:
    assert following(env) == ("database-2", "database-3")
    assert following(env, "database-2") == ("database-3",)
    env.running["database-3"] = False
    assert following(env) == ("database-2",)


def test_one_that_does_not_become_the_primary_in_time_is_an_error(env: Cluster) -> None:
    env.servers["database-2"].promotes = False
    with pytest.raises(UnhealthyError, match="database-2 was not promoted within 60 s") as raised:
        promote(env, "database-2")
    assert "uz logs database-2" in raised.value.hint


def test_what_the_pooler_does_is_read_from_its_console(env: Cluster) -> None:
    port = str(env.address("database-1").port)
    assert pooled(env) == Pool(port, paused=False)
    env.paused = True
    assert pooled(env) == Pool(port, paused=True)
    env.running["pgbouncer"] = False
    assert pooled(env) is None


def test_a_pooler_that_does_not_take_the_new_primary_is_started_anew(
    env: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promoting, "TAKEN", 0.02)
    env.reloads, env.leader = False, "database-2"
    with pytest.raises(UnhealthyError, match="does not take the primary on port 23401") as raised:
        follow(env, "database-2")
    assert "uz logs pgbouncer" in raised.value.hint
    assert "start pgbouncer" in env.events


def test_what_holds_nothing_has_nothing_to_let_go(env: Cluster) -> None:
    resume(env)
    assert env.events == []


def test_a_pooler_that_goes_on_holding_is_an_error(
    env: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    env.interrupt, env.paused = ("RESUME app", UnhealthyError("stuck")), True
    monkeypatch.setattr(promoting, "pooled", lambda _env: Pool("1", paused=True))
    with pytest.raises(UnhealthyError, match="stuck"):
        resume(env)


def test_those_that_do_not_follow_are_named_and_the_others_do(env: Cluster) -> None:
    steps = Steps()
    env.broken.add("database-1")
    env.leader = "database-2"
    trouble = rejoined(env, ("database-3", "database-1"), "database-2", steps)
    assert trouble == {"database-1": "database-1 is not ready"}
    assert steps.said == [
        ("database-1", "does not follow yet"),
        ("database-3", "follows database-2"),
    ]


def test_what_must_not_be_left_half_done_tells_its_result_and_its_error() -> None:
    assert to_its_end(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        to_its_end(lambda: 1 // 0)
