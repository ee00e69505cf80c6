"""What tests of the pool ask for."""

import pytest
from tests.checklist.pool_stand import PoolStand

from uz.checklist.pooling import crowd, limits, statements


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tolerances for a pretended server, which is never busy, and no real requests."""
    monkeypatch.setattr(limits, "LATE", 0.2)
    monkeypatch.setattr(limits, "BEYOND", 0.2)
    monkeypatch.setattr(limits, "TAKEN", 1.0)
    monkeypatch.setattr(crowd, "LONGEST", 1.0)
    monkeypatch.setattr(statements, "WRITTEN", 0.2)
    monkeypatch.setattr(statements, "visit", lambda _env: 0)


@pytest.fixture
def stand() -> PoolStand:
    """A database behind its pool, both pretended."""
    return PoolStand()
