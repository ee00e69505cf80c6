import stat
from pathlib import Path

import pytest
from tests.places import Projects

from uz.errors import MachineError
from uz.operations.install_unit import install_unit
from uz.operations.unit import unit_text
from uz.targets.local.ledger import read_ledger
from uz.trail import entries


def test_the_unit_is_written_and_remembered(projects: Projects, tmp_path: Path) -> None:
    place = projects.place()
    path = install_unit(place, "service --install", tmp_path)
    assert path == tmp_path / "uz-shop-production.service"
    assert path.read_text() == unit_text(place)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert read_ledger(place.layout.home).files == (str(path),)
    assert [one.command for one in entries(place.layout.trail)] == ["uz service --install"]


def test_a_second_time_it_is_still_one(projects: Projects, tmp_path: Path) -> None:
    place = projects.place()
    install_unit(place, "service --install", tmp_path)
    path = install_unit(place, "service --install", tmp_path)
    assert read_ledger(place.layout.home).files == (str(path),)


def test_a_machine_without_systemd_is_told_so(projects: Projects, tmp_path: Path) -> None:
    place = projects.place()
    with pytest.raises(MachineError, match="systemd does not run this machine"):
        install_unit(place, "service --install", tmp_path / "absent")
    assert not place.layout.home.exists()
