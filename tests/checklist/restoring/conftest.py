"""What tests of restores ask for."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.checklist.backups_stand import BackupsStand, backed_up

from uz.checklist.offsite import configured
from uz.checklist.restoring import alterations


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not there at once never comes to a folder."""
    monkeypatch.setattr(configured, "FIRST", 0.05)
    monkeypatch.setattr(alterations, "LATER", 0.05)
    monkeypatch.setattr(alterations, "SETTLED", timedelta(seconds=-1))


@pytest.fixture
def stand(tmp_path: Path) -> BackupsStand:
    """One whose scheduler took a backup, with a restore point and log behind it."""
    return backed_up(tmp_path)
