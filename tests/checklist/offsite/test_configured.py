"""Whether there are backups at all, and what their evidence is worth."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.checklist.backups_stand import BackupsStand, as_production, backed_up

from uz.backups.system import JobRun
from uz.checklist.offsite.configured import ON_ITS_WAY, elsewhere, first_backup, lacking
from uz.errors import UnhealthyError
from uz.testing import FakeEnvironment
from uz.verdict import Domain, State


def test_without_the_table_there_are_none() -> None:
    found = lacking(FakeEnvironment())
    assert found is not None
    assert (found.state, found.reason) == (State.MISSING, "uz.toml has no [backups]")


def test_backups_that_stay_on_the_machine_look_like_some_and_are_none(tmp_path: Path) -> None:
    found = lacking(BackupsStand(tmp_path, offsite=None))
    assert found is not None
    assert found.state is State.MISSING
    assert "lost with this machine" in found.reason


def test_backups_that_leave_lack_nothing(tmp_path: Path) -> None:
    assert lacking(BackupsStand(tmp_path)) is None


def test_a_first_backup_with_a_restore_point_is_waited_for(tmp_path: Path) -> None:
    assert first_backup(backed_up(tmp_path)) is None


def test_no_backup_in_time_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnhealthyError, match="no backup was taken"):
        first_backup(BackupsStand(tmp_path))


def test_a_backup_whose_restore_point_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    stand = BackupsStand(tmp_path)
    stand.fake.ran()
    with pytest.raises(UnhealthyError):
        first_backup(stand)


def test_a_backup_that_was_taken_and_stays_here_looks_like_one_and_is_refuted(
    tmp_path: Path,
) -> None:
    stand = BackupsStand(tmp_path)
    ago = datetime.now(UTC) - ON_ITS_WAY - timedelta(seconds=1)
    stand.fake.journal.append(JobRun(ago, ago, ok=True, outcome="done"))
    found = first_backup(stand)
    assert found is not None
    assert found.state is State.REFUTED
    assert "is not off-site" in found.reason


def test_a_backup_that_failed_was_not_taken(tmp_path: Path) -> None:
    stand = BackupsStand(tmp_path)
    ago = datetime.now(UTC) - ON_ITS_WAY - timedelta(seconds=1)
    stand.fake.journal.append(JobRun(ago, ago, ok=False, outcome="failed"))
    with pytest.raises(UnhealthyError):
        first_backup(stand)


def test_without_a_database_no_restore_point_is_waited_for(tmp_path: Path) -> None:
    stand = BackupsStand(tmp_path, database=False)
    stand.fake.back_up()
    assert first_backup(stand) is None


def test_another_site_survives_this_one(tmp_path: Path) -> None:
    stand = as_production(BackupsStand(tmp_path))
    stand.fake.away = True
    found = elsewhere(stand, "all there", files=3)
    assert (found.state, found.domains, found.figures["files"]) == (
        State.PROVEN, (Domain.SITE,), 3,
    )  # fmt: skip


def test_a_store_on_this_machine_is_enough_to_try_and_not_for_production(tmp_path: Path) -> None:
    stand = BackupsStand(tmp_path)
    tried = elsewhere(stand, "all there", files=3)
    assert (tried.state, tried.domains) == (State.PROVEN, (Domain.PROCESS,))
    found = elsewhere(as_production(stand), "all there", files=3)
    assert (found.state, found.figures["files"]) == (State.DECLARED, 3)
    assert "lost with it" in found.reason
