import pytest
from tests.operations.cluster import Cluster, Steps, full_disk

from uz.errors import UnhealthyError, UzError
from uz.operations import switchover as switching
from uz.operations.switchover import FAR_BEHIND, switchover


@pytest.fixture
def env() -> Cluster:
    return Cluster()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switching, "CAUGHT_UP", 0.05)
    monkeypatch.setattr(switching, "STREAMS", 0.05)


def test_queries_wait_while_nobody_leads_and_the_decision_is_written_before_it_is_done(
    env: Cluster, steps: Steps
) -> None:
    done = switchover(env, "", steps)
    assert (done.after, done.trouble) == ("database-2", {})
    assert done.gap is not None
    assert env.events == [
        "PAUSE app",
        "stop database-1",
        "lead database-2",
        "promote database-2",
        "slot database_1 on database-2",
        "slot database_3 on database-2",
        "RELOAD",
        "RESUME app",
        "start database-1",
    ]
    assert env.lead_writes == ["database-2"]
    assert env.pooled_to == env.leader == "database-2"
    assert [name for name, _ in steps.said] == [
        "pgbouncer", "database-1", "database-2", "pgbouncer", "database-1"
    ]  # fmt: skip
    assert steps.said[-1] == ("database-1", "follows database-2")


def test_the_standby_that_was_asked_for_takes_over(env: Cluster, steps: Steps) -> None:
    assert switchover(env, "database-3", steps).after == "database-3"
    assert env.lead_writes == ["database-3"]


def test_the_one_that_has_most_takes_over(env: Cluster, steps: Steps) -> None:
    env.servers["database-3"].received = 1001
    assert switchover(env, "", steps).after == "database-3"


def lags(env: Cluster) -> None:
    env.servers["database-2"].lag = FAR_BEHIND + 1


def another_lags(env: Cluster) -> None:
    env.servers["database-3"].lag = 2 * FAR_BEHIND


def does_not_stream(env: Cluster) -> None:
    env.servers["database-2"].streams = False


def standbys_down(env: Cluster) -> None:
    env.running["database-2"] = env.running["database-3"] = False


def standby_down(env: Cluster) -> None:
    env.running["database-2"] = False


def pooler_down(env: Cluster) -> None:
    env.running["pgbouncer"] = False


def nothing(env: Cluster) -> None:
    del env


@pytest.mark.parametrize(
    ("spoil", "to", "said", "hint"),
    [
        (nothing, "database-1", "database-1 is the primary already", "uz status"),
        (nothing, "database-9", "there is no server 'database-9'", "Servers: database-1, "),
        (nothing, "redis", "there is no server 'redis'", "Standbys that run: database-2, "),
        (standby_down, "database-2", "database-2 is no standby that runs", "`uz up` starts it"),
        (standbys_down, "", "there is no standby that runs", "`uz up` starts those"),
        (does_not_stream, "database-2", "database-2 does not stream from database-1", "uz logs"),
        (lags, "database-2", "database-2 lacks 64 MB: queries would wait", "Wait"),
        (another_lags, "database-2", "database-3 lacks 128 MB", "caught up"),
        (pooler_down, "", "pgbouncer: connection to server failed: Connection refused", "status"),
    ],
)
def test_it_is_refused_before_anything_is_changed(
    env: Cluster, steps: Steps, spoil: object, to: str, said: str, hint: str
) -> None:
    assert callable(spoil)
    spoil(env)
    with pytest.raises(UzError) as raised:
        switchover(env, to, steps)
    assert said in str(raised.value)
    assert hint in raised.value.hint
    assert env.events == []
    assert steps.said == []


def test_one_that_lacks_what_another_has_is_refused(env: Cluster, steps: Steps) -> None:
    env.servers["database-3"].received = 1070
    with pytest.raises(UzError, match="database-2 lacks 70 bytes that database-3 has"):
        switchover(env, "database-2", steps)
    assert env.events == []


def test_a_transaction_that_does_not_end_is_named_and_queries_flow_again(
    env: Cluster, steps: Steps
) -> None:
    env.drains = False
    with pytest.raises(UzError, match="nothing was changed") as raised:
        switchover(env, "", steps)
    assert "(process 7 of app, open for 90 s, idle in transaction)" in str(raised.value)
    assert "pg_terminate_backend" in raised.value.hint
    assert env.events == ["PAUSE app", "RESUME app"]
    assert raised.value.exit_code == 2


def not_clean(env: Cluster) -> None:
    env.servers["database-1"].clean = False


def lost_the_last(env: Cluster) -> None:
    for one in env.servers.values():
        one.received = 900


def does_not_promote(env: Cluster) -> None:
    env.servers["database-2"].promotes = False


def full(env: Cluster) -> None:
    env.interrupt = ("lead database-2", full_disk())


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (not_clean, "database-1 did not shut down cleanly: in production"),
        (lost_the_last, "database-2 does not have all that database-1 wrote, up to 0/3E8"),
        (does_not_promote, "database-2 was not promoted within"),
        (full, "no space left"),
    ],
)
def test_the_old_primary_leads_again_where_the_standby_does_not_take_over(
    env: Cluster, steps: Steps, spoil: object, said: str
) -> None:
    assert callable(spoil)
    spoil(env)
    with pytest.raises(UzError, match=said):
        switchover(env, "", steps)
    assert env.lead_writes == ["database-1"]
    assert env.leader == env.pooled_to == "database-1"
    assert env.events[-3:] == ["lead database-1", "start database-1", "RESUME app"]
    assert steps.said[-1] == (
        "database-1", "was started again, and is the primary as before"
    )  # fmt: skip


def test_a_standby_that_was_promoted_without_saying_so_leads(env: Cluster, steps: Steps) -> None:
    env.interrupt = ("promote database-2", UnhealthyError("no answer"))
    assert switchover(env, "", steps).after == "database-2"
    assert env.lead_writes == ["database-2"]


def test_queries_flow_however_it_ends(env: Cluster, steps: Steps) -> None:
    env.interrupt = ("PAUSE app", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        switchover(env, "", steps)
    assert env.events == ["PAUSE app", "RESUME app"]


def test_an_old_primary_that_does_not_follow_is_named(env: Cluster, steps: Steps) -> None:
    env.broken.add("database-1")
    done = switchover(env, "", steps)
    assert done.trouble == {"database-1": "database-1 is not ready"}
    assert steps.said[-1] == ("database-1", "does not follow yet")
    assert env.paused is False


def test_one_that_was_killed_after_the_decision_is_finished_and_not_begun_anew(
    env: Cluster, steps: Steps
) -> None:
    env.running["database-1"], env.paused, env.leader = False, True, "database-2"
    done = switchover(env, "", steps)
    assert (done.after, done.gap, done.trouble) == ("database-2", None, {})
    assert env.lead_writes == ["database-2"]
    assert env.paused is False
    assert env.pooled_to == "database-2"
    assert env.events[-1] == "start database-1"


def test_one_that_was_killed_before_the_decision_is_begun_anew(env: Cluster, steps: Steps) -> None:
    env.running["database-1"], env.paused = False, True
    assert switchover(env, "", steps).after == "database-2"
    steps_of_pooler = [one for one in env.events if one.endswith(" app")]
    assert steps_of_pooler[:2] == ["RESUME app", "PAUSE app"]
    assert env.lead_writes == ["database-2"]


def test_another_one_than_the_finished_one_can_be_asked_for(env: Cluster, steps: Steps) -> None:
    env.running["database-1"], env.paused, env.leader = False, True, "database-2"
    assert switchover(env, "database-3", steps).after == "database-3"
    assert env.lead_writes == ["database-3"]
