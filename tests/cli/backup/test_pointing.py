from datetime import UTC, datetime

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.backups.point import Point, Table
from uz.operations import point as module


def test_it_says_how_much_was_counted(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    projects.applied(backups={})
    tables = {"public.a": Table(1000, "1"), "public.b": Table(234, "2")}
    one = Point("uz-1", datetime.now(UTC), "0/E0", "7", "cafe", tables, "")
    monkeypatch.setattr(module, "record_point", lambda _place: one)
    said = uz("backup", "point")
    assert (said.code, said.out) == (0, "uz-1: 2 tables, 1,234 rows, at 0/E0\n")
