import json

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects
from tests.scheduling.stand import NOON, Stand, ended, job

from uz.cli.status import duration
from uz.operations.place import Place
from uz.scheduling.run import Outcome
from uz.targets.local.layout import Layout
from uz.targets.local.state import State, write_state
from uz.testing import FakeEnvironment, spec


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.9, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3660, "1 h 1 min"),
        (86399, "23 h 59 min"),
        (90000, "1 d 1 h"),
        (400 * 86400, "400 d"),
    ],
)
def test_a_time_span_is_told_in_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> FakeEnvironment:
    """What every place of these tests is a handle on."""
    fake = FakeEnvironment(spec())
    monkeypatch.setattr(Place, "environment", property(lambda _place: fake))
    return fake


def test_a_healthy_environment_is_zero_whatever_its_items_say(
    uz: Uz, projects: Projects, env: FakeEnvironment
) -> None:
    projects.applied()
    said = uz("status")
    assert said.code == 0
    assert said.out.startswith("shop (production): healthy, https://shop.example\n")
    assert all(service.name in said.out for service in env.stack.services)
    assert said.out.endswith("0 of 8 items hold: not ready\n")


def test_a_service_that_is_down_is_one_and_says_where_to_look(
    uz: Uz, projects: Projects, env: FakeEnvironment
) -> None:
    projects.applied()
    env.stop("app-2")
    env.broken.add("app-1")
    said = uz("status")
    assert said.code == 1
    assert "shop (production): not healthy" in said.out
    states = {line.split()[0]: line for line in said.out.splitlines() if line.startswith("app-")}
    assert "up, not ready" in states["app-1"]
    assert "down" in states["app-2"]
    assert "app-2: does not run; `uz logs app-2` says more" in said.out


def test_what_was_never_up_is_down(uz: Uz, projects: Projects) -> None:
    projects.project()
    said = uz("status")
    assert said.code == 1
    assert "not healthy" in said.out
    assert not projects.home.exists()


@pytest.mark.usefixtures("env")
def test_an_interrupted_drill_and_recovery_are_told(uz: Uz, projects: Projects) -> None:
    place = projects.applied()
    left = place.layout.app_folder / "production-drill"
    left.mkdir()
    write_state(
        Layout(place.layout.home, "shop", left.name), State(kind="rehearsal", parent="production")
    )
    place.layout.recovering.root.mkdir()
    said = uz("status").out
    assert f"a drill was interrupted, `uz drill` removes it: {left}" in said
    assert f"`uz recover` begins anew: {place.layout.recovering.root}" in said


def test_an_interrupted_rehearsal_is_told(uz: Uz, projects: Projects) -> None:
    place = projects.applied()
    left = place.layout.app_folder / "rehearsal"
    left.mkdir(mode=0o700)
    (left / "state.json").write_text(place.layout.state.read_text())
    assert "a rehearsal was interrupted" not in uz("status").out
    write_state(
        type(place.layout)(place.layout.home, "shop", "rehearsal"),
        State(kind="rehearsal", parent="production"),
    )
    assert f"a rehearsal was interrupted, `uz rehearse` removes it: {left}" in uz("status").out


def test_json_says_the_same(uz: Uz, projects: Projects, env: FakeEnvironment) -> None:
    projects.applied()
    env.stop("app-1")
    said = uz("status", "--json")
    form = json.loads(said.out)
    assert said.code == 1
    assert (form["format"], form["healthy"], form["isolated"]) == (1, False, False)
    assert {one["name"]: one["running"] for one in form["services"]} == dict(env.running)


@pytest.mark.usefixtures("env")
def test_a_job_that_failed_is_told(uz: Uz, projects: Projects) -> None:
    stand = Stand(projects.applied().layout.root)
    stand.plan(job("backup", "true"))
    assert "job backup" not in uz("status").out
    stand.journal.record(ended("backup", NOON, Outcome.FAILED, lines=("no room\x1b[2J",)))
    told = "  job backup: failed at 2026-03-04 12:00 UTC: no room\\x1b[2J; `uz jobs` says more\n"
    assert told in uz("status").out
    (note,) = json.loads(uz("status", "--json").out)["notes"]
    assert note.startswith("job backup: failed at 2026-03-04 12:00 UTC")
