import json
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.scheduling.stand import NOON, Stand, ended, job

from uz.errors import BusyError, MachineError
from uz.operations.jobs import job_notes, jobs, run_job, set_aside
from uz.operations.place import Place
from uz.scheduling.lock import hold
from uz.scheduling.run import Outcome, Run
from uz.stack import Stack
from uz.targets.local.layout import Layout
from uz.testing import MACHINE, spec

DAILY = "17 3 * * *"


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    """An environment with a backup and a drill."""
    one = Stand(tmp_path / "home" / "shop" / "production")
    one.plan(
        job("backup", "echo taken; echo $UZ_HOME", DAILY),
        job("drill", "exit 3", DAILY, after=["backup"]),
    )
    return one


@pytest.fixture
def layout(stand: Stand) -> Layout:
    return Layout(stand.root.parent.parent, "shop", "production")


@pytest.fixture
def place(layout: Layout) -> Place:
    return Place(layout.root, spec(), MACHINE, Stack(), layout)


def test_what_never_ran_is_due_or_says_what_it_waits_for(layout: Layout) -> None:
    backup, drill = jobs(layout, NOON)
    assert (backup.last, backup.due, backup.waits, backup.overdue) == (None, NOON, (), False)
    assert (drill.last, drill.due, drill.waits) == (None, None, ("backup",))


def test_the_last_run_and_the_next_one_are_told(stand: Stand, layout: Layout) -> None:
    stand.journal.record(ended("backup", NOON))
    backup, drill = jobs(layout, NOON)
    assert backup.last == ended("backup", NOON)
    assert backup.due is not None
    assert backup.due.date() == (NOON + timedelta(days=1)).date()
    assert drill.due == NOON
    assert not backup.failed


def test_a_job_that_did_not_begin_is_overdue_unless_it_runs(stand: Stand, layout: Layout) -> None:
    stand.journal.record(ended("backup", NOON - timedelta(days=3)))
    assert jobs(layout, NOON)[0].overdue
    (note,) = job_notes(layout)
    assert note.startswith("job backup: overdue since 2026-03-02 03:")
    stand.journal.record(Run("backup", NOON))
    assert not jobs(layout, NOON)[0].overdue


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.LATE, Outcome.INTERRUPTED])
def test_a_job_that_failed_is_noted_with_its_last_line(
    stand: Stand, layout: Layout, outcome: Outcome
) -> None:
    lines = ("a", "disk full", "next: Free some.")
    stand.journal.record(replace(ended("backup", NOON, outcome), lines=lines))
    assert jobs(layout, NOON)[0].failed
    assert job_notes(layout) == (
        f"job backup: {outcome} at 2026-03-04 12:00 UTC: disk full; `uz jobs` says more",
    )


def test_without_backups_there_are_no_jobs_and_no_notes(tmp_path: Path) -> None:
    layout = Layout(tmp_path, "shop", "production")
    assert job_notes(layout) == ()
    with pytest.raises(MachineError, match="there are no jobs") as raised:
        jobs(layout)
    assert "[backups]" in raised.value.hint


def test_a_damaged_journal_is_noted(stand: Stand, layout: Layout) -> None:
    stand.places.journal.write_text("{")
    (note,) = job_notes(layout)
    assert note == f"jobs: the journal was damaged, and is kept as {set_aside(layout)}"
    assert set_aside(layout).endswith("journal.json.damaged")


def test_what_cannot_be_read_is_a_note_and_not_the_end_of_status(
    stand: Stand, layout: Layout
) -> None:
    stand.places.plan.write_text("{")
    (note,) = job_notes(layout)
    assert "jobs.json: damaged" in note
    stand.plan()
    stand.places.journal.mkdir()
    assert job_notes(layout) == (f"jobs: {stand.places.journal}: Is a directory",)


def test_one_runs_now_as_the_scheduler_would(stand: Stand, place: Place) -> None:
    shown: list[str] = []
    done = run_job(place, "backup", shown.append)
    assert "".join(shown) == f"taken\n{place.layout.home}\n"
    assert (done.outcome, bool(done.by)) == (Outcome.DONE, True)
    assert stand.runs("backup") == (done,)
    assert run_job(place, "drill", shown.append).outcome is Outcome.FAILED


def test_nothing_of_the_caller_s_environment_reaches_it(
    stand: Stand, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", "yes")
    script = "import os, json; print(json.dumps(sorted(os.environ)))"
    stand.plan(job("backup", "", argv=[sys.executable, "-c", script]))
    (line,) = run_job(place, "backup", lambda _: None).lines
    assert {"PATH", "UZ_HOME"} <= set(json.loads(line)) <= {"LANG", "LC_CTYPE", "PATH", "UZ_HOME"}


def test_one_that_runs_or_is_not_there_is_refused(stand: Stand, place: Place) -> None:
    lock = hold(stand.places.lock("backup"))
    assert lock is not None
    with pytest.raises(BusyError, match="runs already"):
        run_job(place, "backup", lambda _: None)
    os.close(lock)
    with pytest.raises(MachineError, match="no job 'nightly'"):
        run_job(place, "nightly", lambda _: None)
