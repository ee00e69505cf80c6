"""Several environments and projects on one machine: side by side, and never in the way."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Stage, a_stage

pytestmark = pytest.mark.live


def second(stage: Stage, name: str = "blue") -> Stage:
    """Give the stage a second environment."""
    stage.set("app.instances", 1)
    stage.set(f"environments.{name}.network.port_base", stage.another_base())
    stage.set(f"environments.{name}.kind", "staging")
    stage.commit()
    return stage


def test_two_environments_come_up_at_once_and_go_down_apart(stage: Stage) -> None:
    second(stage)
    names = ("production", "blue")
    with ThreadPoolExecutor(2) as pool:
        ran = list(pool.map(lambda name: stage.uz("--env", name, "up"), names))
    assert [one.code for one in ran] == [0, 0], ran
    assert stage.client().answers()
    assert stage.client("blue").answers()
    assert stage.uz("--env", "blue", "down", "--delete-data", "--yes").code == 0
    assert not stage.root("blue").exists()
    assert stage.client().answers()


def test_the_edge_of_another_environment_is_no_stranger(stage: Stage) -> None:
    second(stage)
    stage.up()
    stage.up("--env", "blue")
    found = stage.uz("prove", "network.closed", "--json").json()
    (experiment,) = found["items"][0]["experiments"]
    strangers = experiment["figures"].get("named", "")  # this machine may well have others
    for port in (*stage.ports(), *stage.ports("blue")):
        assert f":{port}/" not in strangers


def test_environments_that_share_a_port_are_told(stage: Stage) -> None:
    second(stage)
    stage.up()
    stage.set("environments.blue.network.port_base", stage.base)
    message = refused(stage.uz("--env", "blue", "up"), "belongs to the environment tiny/production")
    assert mentions_next(message)
    assert stage.client().answers()


def test_longest_names_work(stage: Stage) -> None:
    app, name = "a" * 24, "e" * 24
    stage.set("app.name", app)
    stage.set("app.domain", ".".join(["d" * 61] * 4))
    second(stage, name)
    assert stage.uz("--env", name, "up").code == 0
    assert stage.uz("--env", name, "status", "--json").json()["healthy"]
    assert stage.uz("--env", name, "down").code == 0
    assert (stage.home / app / name).is_dir()


def test_another_project_of_the_same_name_is_refused(stage: Stage) -> None:
    stage.up()
    other = stage.top / "other"
    shutil.copytree(stage.project, other)
    for command in ("up", "down"):
        message = refused(stage.uz("--project", str(other), command), f"project {stage.project}")
        assert mentions_next(message)
    assert stage.client().answers()


def test_a_project_that_moved_is_adopted_on_request_only(stage: Stage) -> None:
    stage.up()
    moved = stage.top / "moved"
    stage.project.rename(moved)
    words = ("--project", str(moved), "up")
    assert "uz up --adopt" in refused(stage.uz(*words), str(stage.project))
    ran = stage.uz(*words, "--adopt")
    assert ran.code == 0, ran
    assert "unchanged" in ran.stdout
    assert stage.uz(*words).code == 0


def test_two_apps_in_one_home_leave_each_other_alone(stage: Stage) -> None:
    stage.up()
    with a_stage() as other:
        other.set("app.name", "other")
        other.set("app.instances", 1)
        other.commit()
        assert other.uz("up", UZ_HOME=str(stage.home)).code == 0
        assert other.uz("uninstall", "--yes", UZ_HOME=str(stage.home)).code == 0
    assert stage.client().answers()
    assert not (stage.home / "other").exists()
