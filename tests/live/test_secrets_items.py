"""`secrets.managed` and `secrets.no-plaintext` for real: what lies about is found, and named.

What is left afterwards is looked for without any of Uz's own code.
"""

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from tests.live.stage import Ran, Stage, a_stage
from tests.managers.openbao_server import program

from uz.errors import ProgramError
from uz.targets.local.tools import gitleaks_program, install_gitleaks, tools_folder

pytestmark = pytest.mark.live

STAGING = ("--env", "staging")
MANAGED, PLAIN = "secrets.managed", "secrets.no-plaintext"
OBSERVED = {
    "resolved", "audited", "work-tree", "history", "patterns", "files", "releases", "data",
    "processes",
}  # fmt: skip
CONTROLS = 17


def with_manager(stage: Stage) -> None:
    """Let the stage have an OpenBao, a Redis and the scanner; nothing is brought up."""
    program()
    try:
        gitleaks_program()
    except ProgramError:
        install_gitleaks()
    stage.home.mkdir(mode=0o711, exist_ok=True)
    (stage.home / ".tools").symlink_to(tools_folder())
    stage.set("secrets.manager", "openbao")
    stage.set("redis", {"purpose": "store", "memory": "64MiB"})
    stage.set("app.instances", 1)
    stage.commit()


@pytest.fixture(scope="module")
def stack() -> Iterator[Stage]:
    """Production, with the recovery kit taken away."""
    with a_stage() as stage:
        with_manager(stage)
        stage.up()
        (stage.root().parent / "production.recovery-kit.json").unlink()
        yield stage


def experiments(done: Ran) -> dict[str, dict[str, Any]]:
    """The experiments of all items that were tried, by name."""
    assert done.stdout, done
    return {one["name"]: one for item in done.json()["items"] for one in item["experiments"]}


def states(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: one["state"] for name, one in found.items() if name in OBSERVED}


def objects(stage: Stage) -> str:
    """Every object of the project's repository."""
    words = ["git", "cat-file", "--batch-all-objects", "--batch-check"]
    done = subprocess.run(
        words, cwd=stage.project, check=True, capture_output=True, text=True, timeout=30
    )
    return done.stdout


def session_key(stage: Stage) -> str:
    """A secret that Uz has made up, as it was delivered."""
    return (stage.root() / "credentials/app/session-key").read_text()


def test_on_a_stack_as_uz_brings_it_up_all_that_is_only_looked_at_holds(stack: Stage) -> None:
    found = experiments(stack.uz("prove", MANAGED, PLAIN, "--json"))
    assert states(found) == dict.fromkeys(OBSERVED, "proven"), found
    assert found["resolved"]["figures"]["environment_readers"] == (
        "REDIS_URL in the environment of app-1"
    )
    assert "REDIS_URL" in found["processes"]["reason"]
    assert {one["restarts"] for one in stack.services().values()} == {0}


def test_a_real_secret_is_found_wherever_it_lies_and_is_not_shown(stack: Stage) -> None:
    value = session_key(stack)
    own = "h/tiny/production"
    places = {
        "work-tree": "tiny/notes.txt",
        "files": f"{own}/config/notes.txt",
        "data": f"{own}/data/redis/notes.txt",
        "audited": f"{own}/logs/openbao/notes.txt",
    }
    for place in places.values():
        (stack.top / place).write_text(f"do not forget: {value}\n")
    done = stack.uz("prove", MANAGED, PLAIN, "--json")
    for place in places.values():
        (stack.top / place).unlink()
    found = experiments(done)
    for caught in places:
        assert found[caught]["state"] == "refuted", found[caught]
        assert "app/session-key in " in found[caught]["reason"]
        assert "notes.txt:1" in found[caught]["reason"]
    assert value not in done.stdout + done.stderr
    assert done.code == 1


def test_a_secret_that_was_committed_and_removed_is_found_in_the_history(stack: Stage) -> None:
    stack.commit(f"KEY = {session_key(stack)!r}\n", name="settings.py")
    (stack.project / "settings.py").unlink()
    stack.commit()
    found = experiments(stack.uz("prove", PLAIN, "--json"))
    subprocess.run(
        ["git", "reset", "--quiet", "--hard", "HEAD~2"], cwd=stack.project, check=True, timeout=30
    )
    assert (found["work-tree"]["state"], found["history"]["state"]) == ("proven", "refuted")
    assert "settings.py in " in found["history"]["reason"]
    left = experiments(stack.uz("prove", PLAIN, "--json"))["history"]
    assert left["state"] == "refuted", "git still has the object, though nothing leads to it"
    for words in (["reflog", "expire", "--expire=now", "--all"], ["gc", "--quiet", "--prune=now"]):
        subprocess.run(["git", *words], cwd=stack.project, check=True, timeout=60)
    assert experiments(stack.uz("prove", PLAIN, "--json"))["history"]["state"] == "proven"


@pytest.mark.slow
def test_a_manager_that_does_not_run_is_no_answer(stack: Stage) -> None:
    pid = stack.services()["openbao"]["pid"]
    subprocess.run(["kill", "-STOP", str(pid)], check=True, timeout=10)
    try:
        found = experiments(stack.uz("prove", MANAGED, "--json"))
    finally:
        subprocess.run(["kill", "-CONT", str(pid)], check=True, timeout=10)
    assert states(found) == {"resolved": "unknown", "audited": "unknown"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_all_is_proven_in_a_rehearsal_every_control_is_held_and_nothing_is_left() -> None:
    with a_stage() as stage:
        with_manager(stage)
        stage.set("environments.staging.network.port_base", stage.another_base())
        stage.commit()
        before = objects(stage)
        done = stage.uz(*STAGING, "rehearse", MANAGED, PLAIN, "--json", timeout=850)
        found = experiments(done)
        names = OBSERVED | {"rotates"}
        assert {name: one["state"] for name, one in found.items()} == dict.fromkeys(
            names, "proven"
        ), found
        tried = [(one["id"], one["state"], one["reason"]) for one in done.json()["controls"]]
        assert [state for _, state, _ in tried] == ["held"] * CONTROLS, tried
        assert done.code == 0, done
        assert objects(stage) == before
        assert [*stage.top.rglob("*uz-canary*"), *stage.top.rglob("*audit-raw*")] == []
