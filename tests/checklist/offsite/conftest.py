"""What tests of backups off-site ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.backups.seaweed_server import Seaweed, seaweed
from tests.checklist.backups_stand import BackupsStand, backed_up

from uz.checklist.offsite import by_schedule, configured


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not there at once never comes to a folder."""
    monkeypatch.setattr(configured, "FIRST", 0.05)
    monkeypatch.setattr(by_schedule, "FIRST", 0.05)


@pytest.fixture
def stand(tmp_path: Path) -> BackupsStand:
    """One whose scheduler took a backup, with a restore point and log behind it."""
    return backed_up(tmp_path)


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """A real store with locks and versions: leave it running."""
    with seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server
