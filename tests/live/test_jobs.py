"""The scheduler in a running environment: what it starts is Uz itself, on what was applied."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from tests.live.offsite_stage import with_offsite
from tests.live.stage import Stage, a_stage, holds_within

pytestmark = [pytest.mark.live, pytest.mark.slow]

UP = {"schedule": "0 0 1 1 *", "reserve": "1MiB"}


@pytest.fixture(scope="module")
def kept() -> Iterator[Stage]:
    """An environment with backups, once the first was tried."""
    with a_stage() as one:
        one.set("app.instances", 1)
        one.set("backups", dict(UP))
        with_offsite(one)
        one.commit()
        one.up()
        assert holds_within(60, lambda: ended(one, "backup")), one.log("scheduler.log")
        yield one


def found(stage: Stage) -> dict[str, dict[str, Any]]:
    told = stage.uz("jobs", "--json").json()
    return {one["name"]: one for one in told["jobs"]}


def ended(stage: Stage, name: str) -> bool:
    last = found(stage)[name]["last"]
    return bool(last and last["ended"])


def runs(stage: Stage, name: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = stage.uz("jobs", "--history", name, "--json").json()["runs"]
    return told


def test_the_first_backup_is_taken_at_once(kept: Stage) -> None:
    assert "backup: begins" in kept.log("scheduler.log")
    assert found(kept)["backup"]["last"]["outcome"] == "done", kept.log("scheduler/backup.log")


def test_the_scheduler_is_small_and_its_folders_are_closed(kept: Stage) -> None:
    assert kept.services()["scheduler"]["healthy"]
    assert psutil.Process(scheduler(kept)).memory_info().rss < 40 * 2**20
    for name in ("data/scheduler", "logs/scheduler", "run/scheduler"):
        assert (kept.root() / name).stat().st_mode & 0o777 == 0o700
    for name in ("uz", "python"):
        assert (kept.root() / name).stat().st_mode & 0o777 == 0o700
        assert (kept.root() / name).stat().st_uid == os.geteuid()


def test_a_job_works_on_what_was_applied_whatever_uz_toml_says(kept: Stage) -> None:
    text = (kept.project / "uz.toml").read_text()
    before = len(runs(kept, "backup"))
    (kept.project / "uz.toml").write_text("half [edited")
    try:
        done = kept.uz("--applied", str(kept.root()), "jobs", "--run", "backup")
    finally:
        (kept.project / "uz.toml").write_text(text)
    assert "half" not in done.stderr
    assert len(runs(kept, "backup")) == before + 1
    assert done.code == 0, done


def test_killed_it_comes_back_and_runs_nothing_twice(kept: Stage) -> None:
    before, pid = len(runs(kept, "backup")), scheduler(kept)
    os.kill(pid, signal.SIGKILL)
    assert holds_within(60, lambda: scheduler(kept) not in {0, pid})
    assert not holds_within(3, lambda: len(runs(kept, "backup")) > before)


def scheduler(stage: Stage) -> int:
    """The process id of the scheduler; 0 while there is none."""
    for process in stage.processes():
        if "uz.scheduling" in process.cmdline():
            return process.pid
    return 0
