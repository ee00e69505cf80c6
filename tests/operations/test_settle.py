import pytest
from tests.operations.cluster import Cluster, Steps
from tests.places import Projects

from uz.errors import UzError
from uz.operations import settle as settling
from uz.operations.place import Place
from uz.operations.settle import (
    database_that_is_up,
    recorded,
    refuse_half_restored,
    settle,
    settled_before,
)
from uz.targets.local.backups.swapping import decide, mark
from uz.targets.local.supervise import ProcessState, Supervisor
from uz.testing import FakeEnvironment


@pytest.fixture
def env() -> Cluster:
    return Cluster()


def test_where_all_is_well_nothing_happens(env: Cluster, steps: Steps) -> None:
    assert settle(env, steps) == ""
    assert (env.events, steps.said) == ([], [])


@pytest.mark.parametrize("text", ["", "database-7", "\x00"])
def test_a_file_that_does_not_say_who_leads_is_for_others_to_refuse(
    env: Cluster, steps: Steps, text: str
) -> None:
    env.leader, env.paused = text, True
    assert recorded(env) == ""
    assert settle(env, steps) == ""
    assert env.events == []


def test_where_nothing_runs_nothing_happens(env: Cluster, steps: Steps) -> None:
    env.running = dict.fromkeys(env.running, False)
    assert settle(env, steps) == ""
    assert env.events == []
    assert settle(FakeEnvironment(), steps) == ""


def test_queries_that_are_held_flow_again(env: Cluster, steps: Steps) -> None:
    env.paused = True
    assert settle(env, steps) == ""
    assert env.events[-1] == "RESUME app"
    assert "PAUSE app" not in env.events
    assert "queries flow again" in steps.said[-1][1]


def test_a_primary_that_was_stopped_is_started_before_queries_flow(
    env: Cluster, steps: Steps
) -> None:
    env.paused, env.running["database-1"] = True, False
    assert settle(env, steps) == ""
    assert (env.events[0], env.events[-1]) == ("start database-1", "RESUME app")


def test_a_primary_that_is_just_down_is_not_its_business(env: Cluster, steps: Steps) -> None:
    env.running["database-1"] = False
    assert settle(env, steps) == ""
    assert env.events == []


def test_before_a_failover_no_primary_is_started(env: Cluster, steps: Steps) -> None:
    env.paused, env.running["database-1"] = True, False
    assert settle(env, steps, start=False) == ""
    assert env.events == []


def test_a_decision_that_was_written_is_carried_out(env: Cluster, steps: Steps) -> None:
    env.paused, env.running["database-1"], env.leader = True, False, "database-3"
    assert settle(env, steps) == "database-3"
    assert env.lead_writes == ["database-3"]
    assert (env.pooled_to, env.paused) == ("database-3", False)
    assert env.events[-2:] == ["RELOAD", "RESUME app"]


def test_nobody_is_promoted_beside_another_primary(env: Cluster, steps: Steps) -> None:
    env.leader = "database-3"
    settle(env, steps)
    assert env.lead_writes == ["database-1"]
    assert "promote database-3" not in env.events


def test_a_pooler_that_was_not_told_yet_is_told(env: Cluster, steps: Steps) -> None:
    env.pooled_to, env.paused = "database-2", True
    assert settle(env, steps) == "database-1"
    assert (env.pooled_to, env.paused) == ("database-1", False)
    assert env.events.index("lead database-1") < env.events.index("RELOAD")


def process(state: str) -> dict[str, ProcessState]:
    return {"database-1": ProcessState("database-1", state, 7, 1.0, 0, "")}


def test_before_up_one_that_still_stops_is_waited_for(
    projects: Projects, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = iter(["STOPPING", "STOPPING", "STOPPED"])
    settled: list[Place] = []
    monkeypatch.setattr(Supervisor, "pid", lambda _self: 1)
    monkeypatch.setattr(Supervisor, "processes", lambda _self: process(next(states)))
    monkeypatch.setattr(settling, "settle", lambda env, _progress: settled.append(env))
    settled_before(projects.applied(database={}), steps)
    assert next(states, None) is None
    assert len(settled) == 1


def test_before_up_what_is_down_or_has_no_database_is_left_alone(
    projects: Projects, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "settle", lambda *_: pytest.fail("settled"))
    settled_before(projects.applied(database={}), steps)
    monkeypatch.setattr(Supervisor, "pid", lambda _self: 1)
    monkeypatch.setattr(Supervisor, "processes", lambda _self: {})
    settled_before(projects.place(), steps)


def half_restored(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> tuple[Place, list[str]]:
    """A restore was killed after its decision, and somebody started a server since."""
    place, stopped = projects.applied(database={}), list[str]()
    for name in ("database/database-1", "restore/one/data"):
        (place.layout.data / name).mkdir(parents=True)
        (place.layout.data / name / "PG_VERSION").write_text(name)
    decide(place.layout, place.layout.data / "restore/one/data", "database-1")
    monkeypatch.setattr(Supervisor, "pid", lambda _self: 1)
    monkeypatch.setattr(Supervisor, "processes", lambda _self: process("RUNNING"))
    monkeypatch.setattr(Supervisor, "stop", lambda _self, name: stopped.append(name))
    monkeypatch.setattr(settling, "settle", lambda *_: pytest.fail("settled"))
    return place, stopped


def test_a_restore_that_was_killed_half_way_is_finished_before_anybody_takes_over(
    projects: Projects, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, stopped = half_restored(projects, monkeypatch)
    with pytest.raises(UzError, match="had been interrupted") as raised:
        refuse_half_restored(place, steps)
    assert "uz up" in raised.value.hint
    assert stopped == ["database-1"]
    own = place.layout.data / "database/database-1/PG_VERSION"
    assert own.read_text() == "restore/one/data"
    assert not mark(place.layout).exists()
    refuse_half_restored(place, steps)


def test_before_up_it_is_left_to_up_and_nobody_is_promoted(
    projects: Projects, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, stopped = half_restored(projects, monkeypatch)
    settled_before(place, steps)
    assert stopped == ["database-1"]
    assert mark(place.layout).exists()


def test_without_a_database_or_when_it_is_down_that_is_said(projects: Projects) -> None:
    with pytest.raises(UzError, match=r"uz.toml has no \[database\]"):
        database_that_is_up(projects.applied())
    with pytest.raises(UzError, match=r"shop \(production\) is down") as raised:
        database_that_is_up(projects.place(database={}))
    assert "uz up" in raised.value.hint
