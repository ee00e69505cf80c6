"""Several environments on one machine: apart from each other, and never on each other's ports."""

import os
import socket

import pytest
from tests.live.stage import Stage, a_stage

pytestmark = pytest.mark.live


@pytest.fixture
def two(stage: Stage) -> Stage:
    """An app with a second environment, staging."""
    stage.set("app.instances", 1)
    stage.set("environments.staging.network.port_base", stage.another_base())
    return stage


def test_two_environments_of_one_app_run_at_once_and_apart(two: Stage) -> None:
    staging = ("--env", "staging")
    two.up()
    two.version("two")
    two.set("environments.staging.app", {"env": {"COLOUR": "grey"}})
    assert two.uz(*staging, "up").code == 0
    production, other = two.client(), two.client("staging")
    assert production.get("/whoami").json()["version"] == "one"
    assert other.get("/whoami").json()["version"] == "two"
    assert production.get("/environment").json()["COLOUR"] == "blue"
    assert other.get("/environment").json()["COLOUR"] == "grey"
    assert other.get("/environment").json()["UZ_ENVIRONMENT"] == "staging"
    assert (two.root() / "data/authority.pem").read_bytes() != (
        two.root("staging") / "data/authority.pem"
    ).read_bytes()
    before = two.pids()
    assert two.uz(*staging, "down").code == 0
    assert two.pids() == before
    assert production.answers()
    assert not other.answers()


@pytest.mark.slow
def test_each_environment_has_secrets_of_its_own(two: Stage) -> None:
    two.up()
    assert two.uz("--env", "staging", "up").code == 0
    keys = {(two.root(env) / "credentials/app/session-key").read_bytes()
            for env in ("production", "staging")}  # fmt: skip
    assert len(keys) == 2


@pytest.mark.parametrize("running", [pytest.param(True, marks=pytest.mark.slow), False])
def test_a_base_of_another_environment_is_refused_before_anything_starts(
    two: Stage, running: bool
) -> None:
    two.up()
    if not running:
        two.uz("down")
    before = two.pids()
    two.set("environments.staging.network.port_base", two.base)
    done = two.uz("--env", "staging", "up")
    assert done.code == 2
    assert "belongs to the environment tiny/production" in done.stderr
    assert "network.port_base" in done.stderr
    assert two.pids() == before
    assert not (two.root("staging") / "run/supervisor.sock").exists()


@pytest.mark.parametrize(
    "offset", [81, 443, *(pytest.param(port, marks=pytest.mark.slow) for port in (80, 100))]
)
def test_a_port_that_a_stranger_holds_is_named_before_anything_starts(
    stage: Stage, offset: int
) -> None:
    with socket.create_server(("127.0.0.1", stage.base + offset)):
        done = stage.uz("up")
    assert done.code == 2
    assert f"port {stage.base + offset} is in use by " in done.stderr
    assert f"(process {os.getpid()})" in done.stderr
    assert "next: Stop it, or choose" in done.stderr
    assert stage.processes() == []


@pytest.mark.slow
def test_another_app_in_the_same_home_is_kept_apart_too(two: Stage) -> None:
    two.up()
    with a_stage() as other:
        other.set("app.name", "other")
        done = other.uz("up", UZ_HOME=str(two.home))
        assert done.code == 0, done
        assert (two.home / "other/production/state.json").is_file()
        assert two.client().answers()
        clash = other.uz("--env", "production", "up", UZ_HOME=str(two.home))
        assert "nothing changed" in clash.stdout
        assert other.uz("down", UZ_HOME=str(two.home)).code == 0
    assert two.client().answers()


def test_another_project_of_the_same_name_is_refused_and_adopted_when_asked(two: Stage) -> None:
    two.up()
    moved = two.top / "moved"
    two.project.rename(moved)
    there = ("--project", str(moved))
    done = two.uz(*there, "up")
    assert done.code == 2
    assert f"belongs to the project {two.project}" in done.stderr
    assert "uz up --adopt" in done.stderr
    adopted = two.uz(*there, "up", "--adopt")
    assert adopted.code == 0
    assert "nothing changed" in adopted.stdout
    assert two.uz(*there, "up").code == 0
