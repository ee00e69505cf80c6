"""Backups that come by themselves, and those that only look so."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.checklist.backups_stand import BackupsStand, as_production, backed_up

from uz.backups.system import JobRun
from uz.checklist.offsite.by_schedule import LATE, by_schedule
from uz.testing import FakeEnvironment
from uz.verdict import State


def refusal(stand: BackupsStand) -> str:
    """Why it is refuted."""
    found = by_schedule(stand)
    assert found.state is State.REFUTED, found.reason
    return found.reason


def test_a_backup_that_the_scheduler_took_and_that_is_off_site_is_proven(
    stand: BackupsStand,
) -> None:
    stand.fake.ran()
    found = by_schedule(stand)
    assert found.state is State.PROVEN, found.reason
    assert found.figures["runs"] == 2
    assert 0 <= int(found.figures["age_s"]) < 60


def test_without_backups_it_is_missing() -> None:
    assert by_schedule(FakeEnvironment()).state is State.MISSING


def test_on_production_a_store_on_the_same_machine_is_only_declared(stand: BackupsStand) -> None:
    assert by_schedule(as_production(stand)).state is State.DECLARED


def test_a_scheduler_that_does_not_run_refutes_it_whatever_is_off_site(stand: BackupsStand) -> None:
    stand.stop("scheduler")
    assert "scheduler does not run" in refusal(stand)
    stand.start("scheduler")
    stand.broken.add("scheduler")
    assert "scheduler does not run" in refusal(stand)


def test_a_scheduler_that_knows_of_no_backup_refutes_it(stand: BackupsStand) -> None:
    stand.fake.schedule = ""
    assert "knows of no backup" in refusal(stand)


def test_a_scheduler_with_another_schedule_than_uz_toml_refutes_it(stand: BackupsStand) -> None:
    stand.fake.schedule = "0 0 1 1 *"
    assert '"0 0 1 1 *"' in refusal(stand)


def test_a_backup_by_hand_looks_like_one_and_is_not_the_schedulers(tmp_path: Path) -> None:
    stand = BackupsStand(tmp_path)
    stand.fake.ran(asked=True)
    stand.fake.record_point()
    assert refusal(stand) == "the scheduler has never taken a backup"


def test_a_run_that_has_not_ended_is_none_yet(tmp_path: Path) -> None:
    stand = backed_up(tmp_path)
    begun = JobRun(datetime.now(UTC), None, ok=False, outcome="")
    stand.fake.journal = [begun]
    assert refusal(stand) == "the scheduler has never taken a backup"


def test_the_last_run_counts_and_not_a_better_one_before(stand: BackupsStand) -> None:
    stand.fake.ran(ok=False)
    assert "failed" in refusal(stand)


def test_a_run_that_said_done_and_left_nothing_off_site_is_refuted(stand: BackupsStand) -> None:
    """The mails said "done", and there was no backup from 15 December."""
    at = datetime.now(UTC)
    stand.fake.journal.append(JobRun(at, at + timedelta(seconds=1), ok=True, outcome="done"))
    assert "nothing off-site is of the run" in refusal(stand)


def test_a_newer_backup_by_hand_does_not_stand_in_for_the_schedulers(stand: BackupsStand) -> None:
    lost = stand.fake.catalogs()[0]
    stand.fake.ran(asked=True)
    stand.fake.store("admin").remove(lost.key)
    assert "nothing off-site is of the run" in refusal(stand)


def test_a_backup_that_was_due_long_ago_and_has_not_begun_is_refuted(stand: BackupsStand) -> None:
    stand.fake.due_at = datetime.now(UTC) - LATE - timedelta(minutes=1)
    assert "a backup was due at" in refusal(stand)
    stand.fake.due_at = datetime.now(UTC) - LATE + timedelta(minutes=1)
    assert by_schedule(stand).state is State.PROVEN
