"""`uz prove` and `uz rehearse` for real: all holds, all sabotage is noticed, nothing stays.

Strangers that listened on this machine before are allowed in `uz.toml`: they are none of Uz's.
"""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.live.stage import Ran, Stage, a_stage, alive, holds_within, listening

pytestmark = [pytest.mark.live, pytest.mark.slow]

STAGING = ("--env", "staging")
ITEMS = ("tls.terminated", "tls.strong", "network.closed")
"""Those that apply to an app without a database or a cache; of secrets is tests/live's
test_secrets_items.py."""
CONTROLS = 13
"""How many those have."""


def strangers() -> dict[str, str]:
    """What listens beyond loopback on this machine now."""
    found = {}
    for one in psutil.net_connections("inet"):
        if one.laddr and not one.laddr.ip.startswith("127.") and one.laddr.ip != "::1":
            if one.status == psutil.CONN_LISTEN:
                found[f"{one.laddr.port}/tcp"] = "was here before"
            elif one.type == socket.SOCK_DGRAM and not one.raddr:
                found[f"{one.laddr.port}/udp"] = "was here before"
    return found


def prepared(stage: Stage) -> Stage:
    """A stage with staging, with the strangers allowed and the TLS scanner at hand."""
    default = Path("/var/lib/uz") if os.geteuid() == 0 else Path.home() / ".local/state/uz"
    tools = Path(os.environ.get("UZ_HOME", default)) / ".tools"
    if not tools.is_dir():
        pytest.skip("the TLS scanner is not installed; `uz doctor --install` gets it")
    stage.home.mkdir(mode=0o711)
    (stage.home / ".tools").symlink_to(tools)
    stage.set("environments.staging.network.port_base", stage.another_base())
    stage.set("network.allow", strangers())
    return stage


@pytest.fixture
def ready(stage: Stage) -> Stage:
    """A stage of the test's own in which rehearsals can be held."""
    return prepared(stage)


@pytest.fixture(scope="module")
def rehearsed() -> Iterator[tuple[Stage, Ran]]:
    """A stack whose staging is up and was rehearsed once, with what the rehearsal said."""
    with a_stage() as one:
        prepared(one)
        assert one.uz(*STAGING, "up").code == 0
        yield one, one.uz(*STAGING, "rehearse", *ITEMS, "--json")


def begun(stage: Stage) -> "subprocess.Popen[str]":
    """A rehearsal of staging that is under way: its first control is being tried."""
    process = stage.begin(*STAGING, "rehearse", "tls.terminated")
    assert process.stdout is not None
    while "wrong-name" not in (said := process.stdout.readline()):
        assert said, "it ended before"
    return process


def left(stage: Stage) -> list[str]:
    """What is left of rehearsals: folders, processes, memory."""
    root = stage.root("staging-rehearsal")
    words = [str(one) for one in rehearsing(stage)]
    words += [str(path) for path in stage.memory() if "rehearsal" in path.name]
    return words + ([str(root)] if root.exists() else [])


def rehearsing(stage: Stage) -> list[psutil.Process]:
    """The processes of a rehearsal; its app works in a release of the environment it rehearses."""
    root = str(stage.root("staging-rehearsal"))
    found = []
    for one in stage.processes():
        told = (one.cwd(), one.environ().get("STATE_DIRECTORY", ""), " ".join(one.cmdline()))
        if any(root in text for text in told):
            found.append(one)
    return found


def states(stage: Stage, env: str = "staging") -> dict[str, str]:
    """The items' states in `uz status`."""
    return applicable(stage.status(env))


def applicable(report: dict[str, Any]) -> dict[str, str]:
    """The states of those items."""
    return {item["id"]: item["state"] for item in report["items"] if item["id"] in ITEMS}


def test_every_control_is_held(rehearsed: tuple[Stage, Ran]) -> None:
    _, done = rehearsed
    controls = done.json()["controls"]
    assert len([one for one in controls if one["item"] in ITEMS]) == CONTROLS
    assert [(one["id"], one["reason"]) for one in controls if one["state"] != "held"] == []


def test_every_item_is_proven_in_a_rehearsal(rehearsed: tuple[Stage, Ran]) -> None:
    _, done = rehearsed
    report = done.json()
    assert applicable(report) == dict.fromkeys(ITEMS, "proven")
    tried = [one for item in report["items"] for one in item["experiments"]]
    assert {one["rehearsed"] for one in tried} == {True}
    assert done.code == report["exit_code"] == 0


def test_a_rehearsal_leaves_nothing_behind(rehearsed: tuple[Stage, Ran]) -> None:
    stage, _ = rehearsed
    assert left(stage) == []
    pids = {one.pid for one in stage.processes()}
    assert {port for _, port in listening(pids)} == {
        stage.spec["environments"]["staging"]["network"]["port_base"] + offset
        for offset in (80, 81, 100, 101, 443)
    }
    assert {path.name for path in (stage.home / "tiny").iterdir() if path.is_dir()} == {"staging"}


def test_the_environment_itself_is_not_touched_by_its_rehearsal(
    rehearsed: tuple[Stage, Ran],
) -> None:
    stage, _ = rehearsed
    assert {one["restarts"] for one in stage.services("staging").values()} == {0}
    assert stage.client("staging").answers()
    assert "nothing changed" in stage.uz(*STAGING, "up").stdout


def test_what_was_rehearsed_counts_until_the_configuration_changes(
    rehearsed: tuple[Stage, Ran],
) -> None:
    stage, _ = rehearsed
    assert states(stage) == dict.fromkeys(ITEMS, "proven")
    assert "(rehearsed)" in stage.uz(*STAGING, "status").stdout
    stage.set("edge.frame_options", "SAMEORIGIN")
    stale = stage.status("staging")
    assert applicable(stale) == dict.fromkeys(ITEMS, "declared")
    reasons = {item["id"]: item["reason"] for item in stale["items"]}
    assert "changed since: config:edge" in reasons["tls.terminated"]
    assert stale["exit_code"] == 1
    stage.set("edge.frame_options", None)
    assert states(stage) == dict.fromkeys(ITEMS, "proven")


def test_what_is_proven_on_the_environment_itself_says_more(rehearsed: tuple[Stage, Ran]) -> None:
    stage, _ = rehearsed
    done = stage.uz(*STAGING, "prove", *ITEMS, "--json")
    assert done.code == 0, done
    found = [one for item in done.json()["items"] if item["id"] in ITEMS
             for one in item["experiments"]]  # fmt: skip
    assert {one["state"] for one in found} == {"proven"}
    assert {(one["rehearsed"], one["environment"]) for one in found} == {(False, "staging")}
    again = stage.uz(*STAGING, "rehearse", "tls.terminated")
    assert again.code == 0, again
    assert "(rehearsed)" not in stage.uz(*STAGING, "status").stdout


def test_rehearsals_and_proofs_are_in_the_audit_trail(rehearsed: tuple[Stage, Ran]) -> None:
    stage, _ = rehearsed
    stage.uz(*STAGING, "prove", "network.closed")
    lines = (stage.home / "tiny/audit.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert {one["outcome"] for one in entries} == {"done"}
    found = [(one["environment"], one["command"].partition(f"{STAGING[1]} ")[2]) for one in entries]
    assert ("staging", "up") in found
    assert ("staging-rehearsal", f"rehearse {' '.join(ITEMS)} --json") in found
    assert ("staging", "prove network.closed") in found


def test_production_with_a_private_ca_is_declared_and_never_proven(ready: Stage) -> None:
    ready.up()
    done = ready.uz("prove", "tls.terminated", "--json")
    assert done.code == 1
    (item,) = done.json()["items"]
    assert item["state"] == "declared"
    assert "no user's browser knows it" in item["reason"]


def test_a_stranger_is_named_when_the_running_environment_is_proven(ready: Stage) -> None:
    ready.up()
    with socket.create_server(("0.0.0.0", 0)) as stray:
        port = stray.getsockname()[1]
        done = ready.uz("prove", "network.closed")
    assert done.code == 1
    assert f"0.0.0.0:{port}/tcp" in done.stdout
    assert f"(process {os.getpid()})" in done.stdout


def test_an_environment_that_is_down_is_undecided_and_not_refuted(ready: Stage) -> None:
    ready.up()
    ready.uz("down")
    done = ready.uz("prove", "network.closed")
    assert done.code == 3
    assert "not healthy, so nothing was tried" in done.stdout


def test_a_rehearsal_that_is_interrupted_is_cleared_away_at_once(ready: Stage) -> None:
    process = begun(ready)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert left(ready) == []
    assert "interrupted" in ready.uz(*STAGING, "history").stdout


def test_a_rehearsal_that_was_killed_is_named_and_cleared_away_by_the_next(ready: Stage) -> None:
    ready.uz(*STAGING, "up")
    process = begun(ready)
    process.kill()
    process.wait()
    assert len(left(ready)) > 1
    told = ready.uz(*STAGING, "status").stdout
    assert f"`uz rehearse` removes it: {ready.root('staging-rehearsal')}" in told
    before = {one.pid for one in rehearsing(ready)}
    assert len(before) > 4
    done = ready.uz(*STAGING, "rehearse", "tls.terminated")
    assert done.code == 0, done
    assert "removing what an interrupted one left behind" in done.stdout
    assert left(ready) == []
    assert holds_within(60, lambda: not [pid for pid in before if alive(pid)])
    assert ready.client("staging").answers()


def test_a_second_rehearsal_at_once_is_refused_and_the_first_goes_on(ready: Stage) -> None:
    first = begun(ready)
    second = ready.uz(*STAGING, "rehearse", "tls.terminated")
    assert second.code == 2
    assert "is working on it" in second.stderr
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, out + err


def test_prove_with_self_test_also_tries_the_controls(ready: Stage) -> None:
    ready.uz(*STAGING, "up")
    done = ready.uz(*STAGING, "prove", "tls.terminated", "--self-test", "--json")
    assert done.code == 0, done
    report = done.json()
    assert [one["state"] for one in report["controls"]] == ["held"] * 4
    assert {one["rehearsed"] for one in report["items"][0]["experiments"]} == {False}
