import os
from pathlib import Path

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.operations import install_unit
from uz.operations.unit import unit_text


def test_the_unit_is_printed_and_nothing_is_written(uz: Uz, projects: Projects) -> None:
    place = projects.place()
    assert uz("service").out == unit_text(place)
    assert not projects.home.exists()


def test_an_installed_unit_says_what_next(
    uz: Uz, projects: Projects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    projects.project()
    done = tmp_path / "uz-shop-production.service"
    monkeypatch.setattr(install_unit, "install_unit", lambda _place, _command: done)
    said = uz("service", "--install")
    assert said.out.splitlines() == [
        f"{done} is written",
        f"next: systemctl daemon-reload && systemctl enable --now {done.name}",
    ]
    assert not os.path.lexists(done)
