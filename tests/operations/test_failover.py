import pytest
from tests.operations import cluster
from tests.operations.cluster import Cluster, Steps

from uz.errors import UzError
from uz.operations import failover as failing
from uz.operations.failover import failover, lost


@pytest.fixture
def env() -> Cluster:
    """The primary is lost."""
    one = Cluster()
    one.running["database-1"] = False
    return one


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failing, "AWAKE", 0.05)


def test_the_lost_one_is_kept_down_before_another_leads(env: Cluster, steps: Steps) -> None:
    done = failover(env, "", steps, env.begin)
    assert (done.after, done.trouble) == ("database-2", {})
    assert env.events == [
        "stop database-1",
        "lead database-2",
        "promote database-2",
        "slot database_1 on database-2",
        "slot database_3 on database-2",
        "RELOAD",
        "start database-1",
    ]
    assert env.lead_writes == ["database-2"]
    assert env.pooled_to == "database-2"
    assert steps.said[-1] == ("database-1", "follows database-2")


def test_the_one_that_has_most_takes_over(env: Cluster, steps: Steps) -> None:
    env.servers["database-3"].received = 1001
    assert failover(env, "", steps, env.begin).after == "database-3"


def test_what_a_hanging_primary_sends_when_it_is_stopped_counts(
    env: Cluster, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(service: str) -> None:
        env.servers["database-3"].received = 2000
        Cluster.stop(env, service)

    monkeypatch.setattr(env, "stop", stop)
    assert failover(env, "", steps, env.begin).after == "database-3"


def test_a_lost_one_that_cannot_follow_is_named(env: Cluster, steps: Steps) -> None:
    env.broken.add("database-1")
    done = failover(env, "", steps, env.begin)
    assert done.trouble == {"database-1": "database-1 is not ready"}
    assert ("database-1", "does not follow yet") in steps.said
    assert env.lead_writes == ["database-2"]


def test_queries_that_a_killed_switchover_held_flow_again(env: Cluster, steps: Steps) -> None:
    env.paused = True
    assert failover(env, "", steps, env.begin).after == "database-2"
    assert env.paused is False
    assert "start database-1" not in env.events[: env.events.index("promote database-2")]


def test_one_that_was_killed_after_the_decision_is_finished(env: Cluster, steps: Steps) -> None:
    env.leader = "database-3"
    done = failover(env, "", steps, env.begin)
    assert (done.after, done.trouble) == ("database-3", {})
    assert env.lead_writes == ["database-3"]
    assert env.running["database-1"]


def test_one_that_was_killed_before_the_pooler_was_told_is_finished(
    env: Cluster, steps: Steps
) -> None:
    env.leader, env.servers["database-2"].leads = "database-2", True
    assert lost(env) == "database-2 is the primary, and PgBouncer was not told yet"
    done = failover(env, "", steps, env.begin)
    assert (done.after, done.trouble) == ("database-2", {})
    assert env.pooled_to == "database-2"
    assert env.lead_writes == ["database-2"]
    assert env.running["database-1"]


def test_standbys_that_are_down_are_woken_and_the_pooler_too(env: Cluster, steps: Steps) -> None:
    for name in ("database-2", "database-3", "pgbouncer"):
        env.running[name] = False
    assert failover(env, "", steps, env.begin).after == "database-2"
    assert env.events[:2] == ["begin database-2", "begin database-3"]
    assert env.running["pgbouncer"]
    assert env.pooled_to == "database-2"


def test_one_that_was_to_lead_and_went_down_before_it_did_is_woken_as_a_standby(
    env: Cluster, steps: Steps
) -> None:
    env.leader = "database-2"
    for name in ("database-2", "database-3"):
        env.running[name] = False
    env.broken.add("database-3")
    done = failover(env, "", steps, env.begin)
    assert done.after == "database-2"
    assert set(done.trouble) == {"database-3"}
    assert env.lead_writes == ["database-2"]


def test_while_the_primary_answers_it_is_refused(steps: Steps) -> None:
    env = Cluster()
    with pytest.raises(UzError, match="database-1 is the primary, and answers") as raised:
        failover(env, "", steps, env.begin)
    assert "uz switchover" in raised.value.hint
    with pytest.raises(UzError, match="answers: nothing was changed"):
        lost(env)
    assert env.events == []


def test_without_a_standby_it_is_refused(env: Cluster, steps: Steps) -> None:
    env.running["database-2"] = env.running["database-3"] = False
    env.broken |= {"database-2", "database-3"}
    with pytest.raises(UzError, match="there is no standby that runs"):
        failover(env, "", steps, env.begin)
    assert env.events == []


@pytest.mark.parametrize(
    ("to", "said"),
    [("database-9", "there is no server 'database-9'"),
     ("database-1", "database-1 is no standby that runs")],
)  # fmt: skip
def test_what_is_no_standby_cannot_be_asked_for(
    env: Cluster, steps: Steps, to: str, said: str
) -> None:
    with pytest.raises(UzError, match=said):
        failover(env, to, steps, env.begin)
    assert env.events == []


def test_one_that_has_less_is_refused(env: Cluster, steps: Steps) -> None:
    env.servers["database-2"].received = 7
    with pytest.raises(UzError, match="database-2 lacks 993 bytes that database-3 has"):
        failover(env, "database-2", steps, env.begin)
    assert env.events == []


def test_where_commits_wait_for_any_standby_all_have_to_be_seen(steps: Steps) -> None:
    env = Cluster(replication="synchronous")
    env.running["database-1"] = env.running["database-2"] = False
    env.broken.add("database-2")
    with pytest.raises(UzError, match="database-2 does not answer, and may alone") as raised:
        failover(env, "", steps, env.begin)
    assert "--to database-3" in raised.value.hint
    assert env.events == []
    assert failover(env, "database-3", steps, env.begin).after == "database-3"


def test_it_is_said_how_the_lost_one_is(env: Cluster) -> None:
    refused = "database-1: connection to server failed: Connection refused"
    assert lost(env) == f"the primary does not answer: {refused}"
    env.leader = ""
    assert lost(env) == "no primary answers"
    env.leader = "database-2"
    assert lost(env) == "database-2 is to be the primary, and is not"


def test_one_that_recovers_from_a_crash_had_better_be_waited_for(
    env: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "psql: error: FATAL:  the database system is starting up"
    monkeypatch.setattr(cluster, "REFUSED", words)
    assert lost(env).endswith(
        "is starting up\nIt is coming back, with all that it has: wait for that, if you can."
    )
