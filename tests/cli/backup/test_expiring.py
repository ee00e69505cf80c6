import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.backups.sweeping import Sweep
from uz.operations import expire_backups as module


def test_it_says_what_goes_and_what_stays(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    projects.applied(backups={})
    found = Sweep(("cafe/a", "cafe/b"), 2**20, ("cafe/b1",), ("cafe/b2", "cafe/b3"))
    dry: list[bool] = []

    def expire(_place: object, _step: object, *, dry_run: bool) -> Sweep:
        dry.append(dry_run)
        return found

    monkeypatch.setattr(module, "expire_backups", expire)
    said = uz("backup", "expire")
    assert said.code == 0
    assert "cafe/b1 is older than it has to be kept" in said.out
    assert said.out.endswith("2 objects removed, 1.0 MiB; 2 backups stay\n")
    assert "would be removed" in uz("backup", "expire", "--dry-run").out
    assert dry == [False, True]
