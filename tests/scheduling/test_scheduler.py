"""The loop in this process, with a clock that is moved; real processes, real files."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.scheduling.stand import NOON, FalseClock, Stand, ended, job

from uz.scheduling.job import read_plan
from uz.scheduling.lock import hold
from uz.scheduling.run import Outcome, Run
from uz.scheduling.scheduler import Scheduler, tell
from uz.waiting import met

DAILY = "17 3 * * *"
COUNT = "echo x >> count"
Make = Callable[..., Scheduler]


@pytest.fixture
def make(stand: Stand) -> Iterator[Make]:
    """A scheduler for these jobs; what it runs is ended with the test."""
    made: list[Scheduler] = []

    def begin(*jobs: dict[str, Any], clock: FalseClock | None = None) -> Scheduler:
        stand.plan(*jobs)
        plan = read_plan(stand.places.plan, stand.root)
        environment = {"PATH": os.environ["PATH"]}
        made.append(Scheduler(plan, stand.places, clock or FalseClock(), environment))
        return made[-1]

    yield begin
    for one in made:
        for running in one.running.values():
            running.close()
        one.running.clear()


def settled(one: Scheduler, within: float = 60) -> None:
    """Go on until nothing runs and nothing is due."""

    def quiet() -> bool:
        one.step()
        return not one.running

    assert met(quiet, within)


def count(stand: Stand) -> int:
    path = stand.root / "count"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_what_never_ran_runs_at_once_and_then_at_its_time(stand: Stand, make: Make) -> None:
    clock = FalseClock()
    one = make(job("backup", COUNT, DAILY), clock=clock)
    settled(one)
    settled(one)
    assert count(stand) == 1
    clock.move(hours=15)
    settled(one)
    assert count(stand) == 1
    clock.move(hours=1)
    settled(one)
    settled(one)
    assert count(stand) == 2
    assert [run.outcome for run in stand.runs("backup")] == [Outcome.DONE] * 2


def test_what_was_missed_for_a_month_runs_once(stand: Stand, make: Make) -> None:
    one = make(job("backup", COUNT, DAILY))
    one.journal.record(ended("backup", NOON - timedelta(days=30)))
    for _ in range(3):
        settled(one)
    assert count(stand) == 1


@pytest.mark.parametrize("days", [400, -400])
def test_a_clock_that_jumps_and_comes_back_leads_to_one_run_each(
    stand: Stand, make: Make, days: int
) -> None:
    clock = FalseClock()
    one = make(job("backup", COUNT, DAILY), clock=clock)
    settled(one)
    for jump in (days, -days, days, -days):
        clock.move(days=jump)
        before = count(stand)
        settled(one)
        settled(one)
        assert count(stand) - before <= 1
    clock.move(days=1)
    before = count(stand)
    settled(one)
    assert count(stand) - before == 1


def test_a_job_never_runs_twice_at_once_and_two_may_run_beside_each_other(
    stand: Stand, make: Make
) -> None:
    clock = FalseClock()
    scripts = [job(name, f"echo {name} >> count; sleep 60", DAILY) for name in "abc"]
    one = make(*scripts, clock=clock)
    one.step()
    clock.move(days=2)
    one.step()
    one.step()
    assert sorted(one.running) == ["a", "b"]
    assert met(lambda: count(stand) == 2, 60)


def test_the_third_begins_when_one_of_the_two_has_ended(stand: Stand, make: Make) -> None:
    one = make(*(job(name, f"sleep 0.2; {COUNT}", DAILY) for name in "abcd"))
    settled(one)
    assert count(stand) == 4


def test_what_runs_by_hand_is_not_started_beside_it(stand: Stand, make: Make) -> None:
    one = make(job("backup", COUNT, DAILY))
    lock = hold(stand.places.lock("backup"))
    assert lock is not None
    one.step()
    assert not one.running
    os.close(lock)
    settled(one)
    assert count(stand) == 1


def test_a_job_begins_after_the_first_success_of_another(stand: Stand, make: Make) -> None:
    clock = FalseClock()
    one = make(
        job("drill", COUNT, DAILY, after=["backup"]),
        job("backup", "test -e good", DAILY),
        clock=clock,
    )
    settled(one)
    assert (count(stand), stand.runs("backup")[0].outcome) == (0, Outcome.FAILED)
    (stand.root / "good").touch()
    clock.move(days=1)
    settled(one)
    settled(one)
    assert count(stand) == 1


def test_an_interrupted_run_is_repeated_once(stand: Stand, make: Make) -> None:
    one = make(job("backup", COUNT, DAILY))
    one.journal.record(Run("backup", NOON - timedelta(hours=1)))
    settled(one)
    settled(one)
    found = stand.runs("backup")
    assert [(run.outcome, run.again) for run in found] == [
        (Outcome.INTERRUPTED, False),
        (Outcome.DONE, True),
    ]
    assert count(stand) == 1


def test_told_to_stop_it_tells_the_jobs_and_waits_for_them(stand: Stand, make: Make) -> None:
    one = make(
        job("backup", "trap 'sleep 0.2; echo saved; exit 1' TERM; echo x>count; sleep 60 & wait")
    )
    one.step()
    assert met(lambda: count(stand) == 1, 60)
    one.stop()
    one.serve()
    (run,) = stand.runs("backup")
    assert (run.outcome, run.lines) == (Outcome.INTERRUPTED, ("saved",))
    assert not one.running


def test_on_a_full_disk_jobs_still_run_and_are_recorded_later(
    stand: Stand, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make(job("backup", COUNT, DAILY))
    full = [OSError(28, "No space left on device")]

    def refuse(_path: Path, _to: Path) -> None:
        raise full[0]

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        settled(one)
        settled(one)
    assert (count(stand), one.journal.trouble[-23:]) == (1, "No space left on device")
    settled(one)
    assert [run.outcome for run in stand.runs("backup")] == [Outcome.DONE]


def test_without_a_folder_for_locks_nothing_runs_and_that_is_told(
    stand: Stand, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    one = make(job("backup", COUNT, DAILY))
    folder = stand.places.lock("backup").parent
    folder.rmdir()
    folder.write_text("")
    one.step()
    assert not one.running
    assert "backup.lock: File exists" in caplog.text


def test_how_a_run_ended_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    tell(ended("backup", NOON))
    tell(replace(ended("backup", NOON, Outcome.FAILED), lines=("a", "the disk is full")))
    assert caplog.messages == [
        "backup: done after 1.0 s",
        "backup: failed after 1.0 s: the disk is full",
    ]
    assert [record.levelname for record in caplog.records] == ["INFO", "ERROR"]


def test_a_job_started_by_hand_is_a_process_of_its_own(stand: Stand, make: Make) -> None:
    one = make(job("backup", "ps -o pid=,pgid= -p $$"))
    settled(one)
    pid, group = stand.runs("backup")[0].lines[0].split()
    assert pid == group
    assert subprocess.run(["kill", "-0", "--", f"-{group}"], stderr=-3, timeout=5).returncode
