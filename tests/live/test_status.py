"""`uz status`, `uz logs` and `uz history` tell what is so."""

import json
import shutil
import signal
from functools import partial
from pathlib import Path

import psutil
import pytest
from tests.live.stage import Stage, holds_within, kill

pytestmark = pytest.mark.live


def test_status_as_json_tells_what_the_machine_says_too(running: Stage) -> None:
    status = running.status()
    assert status["healthy"] is True
    assert status["url"] == f"https://tiny.test:{running.ports()[1]}"
    assert [one["name"] for one in status["services"]] == [
        "app-1", "app-2", "edge", "log-rotation",
    ]  # fmt: skip
    for one in status["services"]:
        process = psutil.Process(one["pid"])
        assert Path(process.cwd()).is_relative_to(running.root())
        assert one["healthy"] is one["running"] is True
        assert one["detail"] == ""
        assert one["restarts"] == 0
        assert one["replaced_on_disk"] is False
        assert 100_000 < one["memory_bytes"] < 200 * 2**20
        assert 0 <= one["uptime_s"] < 600


def test_status_tells_address_release_and_version(running: Stage) -> None:
    services = running.services()
    http, https = running.ports()
    assert services["app-1"]["address"] == f"127.0.0.1:{running.base + 100}"
    assert set(services["edge"]["address"].split(", ")) == {
        f"*:{http}", f"*:{https}", f"127.0.0.1:{running.base + 81}",
    }  # fmt: skip
    assert {name: one["release"] for name, one in services.items()} == {
        "app-1": "0001", "app-2": "0001", "edge": "", "log-rotation": "",
    }  # fmt: skip
    assert services["edge"]["version"].startswith("1.")


def test_status_for_people_says_the_same(running: Stage) -> None:
    done = running.uz("status")
    assert done.code == 0
    assert f"tiny (production): healthy, https://tiny.test:{running.ports()[1]}" in done.stdout
    assert "0001" in done.stdout


def test_status_before_the_first_up_is_not_healthy(stage: Stage) -> None:
    done = stage.uz("status", "--json")
    assert done.code == 1
    assert done.json()["healthy"] is False
    assert not stage.home.exists()


@pytest.mark.slow
def test_status_counts_what_came_back_by_itself_until_it_is_started_on_purpose(
    stage: Stage,
) -> None:
    stage.up()

    def restarts() -> int:
        return int(stage.services()["app-1"]["restarts"])

    kill(stage.services()["app-1"]["pid"])
    assert holds_within(60, lambda: stage.status()["healthy"] and restarts() == 1)
    kill(stage.services()["app-1"]["pid"])
    assert holds_within(60, lambda: stage.status()["healthy"] and restarts() == 2)
    assert stage.services()["app-2"]["restarts"] == 0
    stage.set("app.env.COLOUR", "green")
    stage.up()
    assert stage.services()["app-1"]["restarts"] == 0


@pytest.mark.slow
def test_status_tells_which_instance_is_unwell_and_why(stage: Stage) -> None:
    stage.up()
    pid = stage.services()["app-2"]["pid"]
    psutil.Process(pid).suspend()
    try:
        done = stage.uz("status", "--json")
    finally:
        psutil.Process(pid).resume()
    assert done.code == 1
    (unwell,) = [one for one in done.json()["services"] if not one["healthy"]]
    assert unwell["name"] == "app-2"
    assert unwell["running"] is True
    assert "gives no answer within 5 s" in unwell["detail"]


@pytest.mark.slow
def test_memory_that_an_instance_takes_shows_in_status(stage: Stage) -> None:
    stage.set("app.instances", 1)
    stage.up()
    before = stage.services()["app-1"]["memory_bytes"]
    stage.client().get("/grow?64")
    grown = stage.services()["app-1"]["memory_bytes"] - before
    assert 60 * 2**20 < grown < 80 * 2**20


def test_a_program_that_was_replaced_on_disk_shows_and_up_starts_the_new_one(
    stage: Stage,
) -> None:
    python = stage.top / "python"
    shutil.copy("/usr/bin/python3", python)
    stage.set("app.command", f"{python} server.py")
    stage.up()
    before = stage.pids()
    shutil.copy("/usr/bin/python3", stage.top / "new")
    (stage.top / "new").replace(python)  # as a package manager does
    found = {name: one["replaced_on_disk"] for name, one in stage.services().items()}
    assert found == {"app-1": True, "app-2": True, "edge": False, "log-rotation": False}
    assert (
        "the program on disk was replaced, `uz up` starts the new one" in stage.uz("status").stdout
    )
    stage.up()
    after = stage.services()
    assert not any(one["replaced_on_disk"] for one in after.values())
    assert [name for name, pid in before.items() if after[name]["pid"] != pid] == ["app-1", "app-2"]


def test_logs_shows_the_last_lines_of_one_service_or_of_all(running: Stage) -> None:
    for number in range(8):
        running.client().get(f"/page-{number}")
    one = running.uz("logs", "app-1", "-n", "3").stdout.splitlines()
    assert len(one) == 3
    assert all(line.startswith("request GET /page-") for line in one)
    assert holds_within(60, lambda: 'edge | {"time":' in running.uz("logs").stdout)
    everything = running.uz("logs").stdout
    assert "app-1 | request GET" in everything
    assert "app-2 | request GET" in everything


@pytest.mark.slow
def test_logs_goes_on_across_a_rotation_until_it_is_stopped(stage: Stage) -> None:
    stage.set("app.instances", 1)
    stage.up()
    following = stage.begin("logs", "app-1", "-f", "-n", "1")
    assert following.stdout is not None
    following.stdout.readline()
    for name in ("before", "after"):
        stage.client().get(f"/{name}")
        assert following.stdout.readline() == f"request GET /{name}\n"
        log = stage.root() / "logs/app-1.log"
        log.rename(log.with_name("app-1.log.1"))
        supervisord = stage.supervisord()
        kill(supervisord, signal.SIGUSR2)  # reopens its logs
        assert holds_within(60, log.exists)
    following.send_signal(signal.SIGINT)
    assert following.wait(10) == 130


@pytest.mark.slow
def test_the_access_log_is_rotated_by_size_and_loses_no_request(stage: Stage) -> None:
    stage.set("logs.max_size", "2KiB")
    stage.set("logs.keep", 2)
    stage.up()
    folder = stage.root() / "logs/edge"

    def entries() -> list[str]:
        oldest_first = sorted(folder.glob("access.log*"), reverse=True)
        lines = [line for path in oldest_first for line in path.read_text().splitlines()]
        return [json.loads(line)["path"] for line in lines]

    asked = [f"/page-{number}" for number in range(20)]
    for path in asked[:10]:
        stage.client().get(path)
    assert holds_within(60, lambda: entries() == asked[:10])
    kill(stage.services()["log-rotation"]["pid"])  # it looks at the size when it starts again
    assert holds_within(60, (folder / "access.log.1").exists)
    for path in asked[10:]:
        stage.client().get(path)
    assert holds_within(60, lambda: entries() == asked)
    assert (folder / "access.log").stat().st_uid == folder.stat().st_uid


@pytest.mark.slow
def test_of_rotated_access_logs_no_more_are_kept_than_uz_toml_says(stage: Stage) -> None:
    stage.set("logs.max_size", "1KiB")
    stage.set("logs.keep", 2)
    stage.up()
    folder = stage.root() / "logs/edge"
    for turn in range(4):
        for _ in range(6):
            stage.client().get(f"/turn-{turn}")
        assert holds_within(60, partial(newest_has, folder, f"turn-{turn}"))
        kill(stage.services()["log-rotation"]["pid"])
        assert holds_within(60, lambda: not newest_has(folder, "turn"))
    kept = {"access.log", "access.log.1", "access.log.2"}
    assert holds_within(60, lambda: {path.name for path in folder.iterdir()} == kept)
    assert "turn-3" in (folder / "access.log.1").read_text()


def newest_has(folder: Path, text: str) -> bool:
    """Whether the current access log speaks of this."""
    path = folder / "access.log"
    return path.exists() and text in path.read_text()


@pytest.mark.slow
def test_the_apps_log_is_rotated_by_the_supervisor(stage: Stage) -> None:
    stage.set("logs.max_size", "1KiB")
    stage.set("logs.keep", 1)
    stage.set("app.instances", 1)
    stage.up()
    for number in range(20):
        stage.client().get(f"/{number}-{'x' * 100}")
    logs = stage.root() / "logs"
    assert holds_within(60, (logs / "app-1.log.1").exists)
    assert not (logs / "app-1.log.2").exists()
    assert (logs / "app-1.log").stat().st_size <= 2048


def test_history_has_an_entry_for_each_command_that_changes_something(stage: Stage) -> None:
    stage.set("app.instances", 1)
    stage.up()
    stage.set("app.build", ["false"])
    assert stage.uz("up").code == 1
    stage.uz("status")
    stage.uz("logs", "app-1")
    stage.uz("render", "--to", str(stage.top / "rendered"))
    stage.uz("down", SUDO_USER="alex")
    trail = [
        json.loads(line) for line in (stage.home / "tiny/audit.jsonl").read_text().splitlines()
    ]
    assert [one["command"].rpartition(" ")[2] for one in trail] == ["up", "up", "down"]
    assert [one["outcome"].partition(":")[0] for one in trail] == ["done", "failed", "done"]
    assert "app.build, command 1 failed (exit code 1): false" in trail[1]["outcome"]
    assert trail[2]["user"].startswith("alex (as ")
    assert {one["environment"] for one in trail} == {"production"}
    shown = stage.uz("history").stdout
    assert shown.count("\n") == 4
    assert "alex" in shown
