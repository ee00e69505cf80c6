"""What tests of `uz backup` ask for: a machine that misses no program."""

import pytest

from uz.operations import place as placing


@pytest.fixture(autouse=True)
def _nothing_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placing, "require", lambda *_: None)
