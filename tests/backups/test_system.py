"""What experiments see of backups: that the fake keeps it, and what a run of a job is."""

from datetime import UTC, datetime
from pathlib import Path

from uz.backups.system import BackupSystem, JobRun
from uz.testing.backups import FakeBackups


def test_a_run_was_the_schedulers_unless_it_says_else() -> None:
    at = datetime.now(UTC)
    assert not JobRun(at, at, ok=True, outcome="done").asked


def test_the_fake_is_a_backup_system(tmp_path: Path) -> None:
    system: BackupSystem = FakeBackups(tmp_path)
    assert system.catalogs() == ()
    assert system.back_up() == system.catalogs()[0]
