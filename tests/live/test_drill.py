"""`uz drill` on a stack with all that can be lost: it finds what is there, and leaves nothing."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.live.offsite_stage import with_offsite
from tests.live.openbao_stage import an_openbao_stage
from tests.live.postgres import own, with_database
from tests.live.stage import Stage, holds_within
from tests.soaking import soaked

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(900)]
LOOKED_AT = {
    "point", "rpo", "foreign keys", "sequences", "indexes", "tables", "migrations", "GET /health",
    "moment", "files",
}  # fmt: skip
"""What a drill of everything has to have looked at."""


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A stack with database, Redis, OpenBao and the embedded store, backed up and drilled once."""
    with an_openbao_stage() as made:
        with_database(made, replicas=0)
        with_offsite(made)
        made.set("redis.purpose", "store")
        made.set("backups.rpo", "20s")
        made.commit()
        made.up(timeout=240)
        own(made, "INSERT INTO notes (text) VALUES ('kept')")
        assert holds_within(180, lambda: first_ones_ended(made))
        yield made


@pytest.fixture(autouse=True)
def as_it_was(stage: Stage) -> Iterator[None]:
    """Give back what a test wants to be tried, and see that nothing is left."""
    yield
    stage.set("backups.smoke", None)
    stage.set("backups.invariants", None)
    assert left(stage) == []
    assert all(one["healthy"] for one in stage.services().values())


def first_ones_ended(stage: Stage) -> bool:
    """Whether the jobs that are due at the beginning have all been run, the first drill as well."""
    jobs = stage.uz("jobs", "--json").json()["jobs"]
    return all(one["last"] and one["last"]["ended"] for one in jobs)


def drill(stage: Stage, *words: str) -> Any:
    """A drill's code and record; no traceback, whatever comes of it."""
    done = stage.uz("drill", "--json", *words, timeout=300)
    assert "Traceback" not in done.stderr, done
    assert done.code in {0, 1}, done
    found = done.json()
    assert found["ok"] == (done.code == 0)
    return found


def wrong(found: Any) -> dict[str, str]:
    """What did not hold."""
    return {one["name"]: one["detail"] for one in found["findings"] if not one["held"]}


def left(stage: Stage) -> list[str]:
    """Whatever a drill made that is still there: processes, folders, files, keys in memory."""
    found = [
        words for words in map(said, stage.processes()) if "-drill" in words or "/drill/" in words
    ]
    found += [str(one) for one in stage.memory() if "drill" in one.name]
    kept = {"production-drill.lock"}
    beside = [one for one in stage.root().parent.iterdir() if one.name not in kept]
    found += [str(one) for one in beside if "drill" in one.name or "recovering" in one.name]
    if (stage.root() / "drill").exists():
        found.append("drill/")
    return found


def said(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def until(started: "subprocess.Popen[str]", step: str) -> None:
    """Read what it says up to a step, which has to come."""
    assert started.stdout is not None
    assert started.stderr is not None
    lines = []
    for line in started.stdout:
        lines.append(line)
        if step in line:
            return
    pytest.fail(f"{step!r} was never said:\n{''.join(lines)}{started.stderr.read()}")


def test_the_first_one_was_made_by_the_schedule_and_held(stage: Stage) -> None:
    (job,) = [one for one in stage.uz("jobs", "--json").json()["jobs"] if one["name"] == "drill"]
    assert job["last"]["outcome"] == "done", job
    assert left(stage) == []


def test_all_is_found_right_and_nothing_is_left(stage: Stage) -> None:
    found = drill(stage)
    assert wrong(found) == {}
    assert {one["name"] for one in found["findings"]} >= LOOKED_AT
    assert found["whole"]
    assert found["rpo"] <= 20
    (point,) = [one for one in found["findings"] if one["name"] == "point"]
    assert point["figures"]["rows"] >= 1
    assert {"fetch", "restore", "recover", "files", "up"} <= set(found["phases"])
    assert 0 < found["seconds"] <= sum(found["phases"].values())


def test_the_database_alone_is_tried_faster(stage: Stage) -> None:
    found = drill(stage, "--database-only")
    assert wrong(found) == {}
    assert not found["whole"]
    assert {"up", "files", "smoke"}.isdisjoint(found["phases"])


def test_it_is_remembered_and_the_status_says_it(stage: Stage) -> None:
    lines = stage.uz("drill", "--history", "--json").stdout.splitlines()
    known = [json.loads(one) for one in lines]
    assert known
    assert known[-1]["ok"]
    shown = stage.uz("drill", "--history")
    assert shown.code == 0
    assert known[-1]["backup"] in shown.stdout
    status = stage.uz("status")
    assert "drill today: all came back in" in status.stdout, status
    assert "backups.restorable" in status.stdout


@pytest.mark.parametrize("whole", [True, False])
def test_an_invariant_that_returns_a_row_is_wrong(stage: Stage, whole: bool) -> None:
    stage.set("backups.invariants", ["SELECT 1 WHERE false", "SELECT text FROM notes"])
    found = drill(stage, *(() if whole else ("--database-only",)))
    assert len(wrong(found)) == 1
    assert "SELECT text FROM notes" in str(wrong(found))
    status = stage.uz("status").stdout
    assert "the drill of today did not hold" in status


def test_an_app_that_does_not_answer_well_is_wrong(stage: Stage) -> None:
    stage.set("backups.smoke", ["/whoami", "/fail"])
    done = stage.uz("drill", timeout=300)
    assert done.code == 1, done
    (line,) = [one for one in done.stdout.splitlines() if one.startswith("GET /fail")]
    assert line.split() == ["GET", "/fail", "NO", "500"]
    assert "what is off-site does not bring all back" in done.stdout


def test_a_backup_that_was_taken_without_something_is_wrong_though_all_else_comes_back(
    stage: Stage, tmp_path: Path
) -> None:
    uploads = tmp_path / "uploads"
    stage.set("backups.files", [str(uploads)])
    stage.up()
    partial = stage.uz("backup", "now")
    assert f"{uploads}: is not there" in partial.stdout + partial.stderr, partial
    assert wrong(drill(stage)) == {
        "files": f"the backup was taken without something: {uploads}: is not there"
    }
    uploads.mkdir()
    (uploads / "picture").write_bytes(b"of a user")
    stage.uz("backup", "now")
    found = drill(stage)
    assert wrong(found) == {}
    (files,) = [one for one in found["findings"] if one["name"] == "files"]
    assert files["figures"]["files"] > 1
    stage.set("backups.files", None)
    stage.up()


STEPS = (
    "files of the backup", "restore backup", "recover", "point", "openbao", "edge", "GET /health",
    "removed",
)  # fmt: skip


@pytest.mark.soak
def test_killed_at_any_moment_the_next_one_cleans_up_and_goes_through(stage: Stage) -> None:
    for step in STEPS:
        started = stage.begin("drill")
        until(started, step)
        started.kill()
        started.wait()
    found = drill(stage)
    assert wrong(found) == {}
    assert left(stage) == []


@pytest.mark.soak
@pytest.mark.parametrize("step", ["recover", "edge"])
def test_what_a_killed_one_left_is_removed_by_one_of_the_database_alone(
    stage: Stage, step: str
) -> None:
    started = stage.begin("drill")
    until(started, step)
    started.kill()
    started.wait()
    assert left(stage)
    assert wrong(drill(stage, "--database-only")) == {}
    assert left(stage) == []


@pytest.mark.soak
def test_a_killed_one_of_the_database_alone_is_removed_too(stage: Stage) -> None:
    started = stage.begin("drill", "--database-only")
    until(started, "point")
    started.kill()
    started.wait()
    assert left(stage)
    assert wrong(drill(stage)) == {}


MOMENTS = {signal.SIGTERM: "recover", signal.SIGINT: "edge", signal.SIGHUP: "files of"}


@pytest.mark.parametrize("number", soaked(MOMENTS, signal.SIGTERM))
def test_ended_in_order_it_cleans_up_itself(stage: Stage, number: signal.Signals) -> None:
    started = stage.begin("drill")
    until(started, MOMENTS[number])
    started.send_signal(number)
    _, told = started.communicate(timeout=60)
    assert started.returncode == 130, told
    assert "Traceback" not in told
    assert left(stage) == []


@pytest.mark.soak
def test_of_two_at_once_the_second_one_waits(stage: Stage) -> None:
    first = stage.begin("drill")
    until(first, "files of the backup")
    second = stage.begin("drill", "--database-only")
    begun = time.monotonic()
    assert first.communicate(timeout=200)[0].count("all came back as it was") == 1
    ended = time.monotonic()
    told, trouble = second.communicate(timeout=200)
    assert second.returncode == 0, trouble
    assert "all came back as it was" in told
    assert time.monotonic() > ended > begun
