import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.backups.backup import Backup, BackupKind
from uz.cli.backup.listing import size
from uz.operations import list_backups as module
from uz.operations.list_backups import Listed, Listing, Span

AT = datetime.now(UTC) - timedelta(hours=5, minutes=1)
FULL = Backup("b1", BackupKind.FULL, AT, AT, (), "0" * 24, "0" * 24, 5 * 2**20, 3000, "7", 15)
NEXT = replace(FULL, label="b2", kind=BackupKind.DIFFERENTIAL, needs=("b1",))
FOUND = Listing(
    (Listed("cafe", FULL, False, True), Listed("cafe", NEXT, True, False)),
    (Span("cafe", True, AT, AT + timedelta(hours=1), "0" * 23 + "7"),),
)


@pytest.fixture(autouse=True)
def _found(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> None:
    projects.applied(backups={})
    monkeypatch.setattr(module, "list_backups", lambda _place: FOUND)


def test_a_row_says_kind_age_place_sizes_and_what_it_needs(uz: Uz) -> None:
    said = uz("backup", "list")
    assert said.code == 0
    rows = [line.split() for line in said.out.splitlines()]
    assert rows[1][:4] == ["b1", "full", "5", "h"]
    assert rows[1][-5:] == ["off-site", "5.0", "MiB", "2.9", "KiB"]
    assert rows[2][-1] == "b1"
    assert "here" in rows[2]
    assert "restorable off-site: " in said.out
    assert said.out.endswith(f"UTC\n  then a hole: {'0' * 23}7 of the database's log is missing\n")


def test_of_several_repositories_it_is_said_which_and_what_is_between_two_spans(
    uz: Uz, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    hour = timedelta(hours=1)
    spans = (
        Span("cafe", True, at, at + hour, "0" * 24),
        Span("cafe", True, at + 2 * hour, at + 3 * hour),
        Span("beef", False, at, at + hour, "0" * 24),
    )
    monkeypatch.setattr(module, "list_backups", lambda _: replace(FOUND, spans=spans))
    assert uz("backup", "list").out.splitlines()[3:] == [
        "restorable off-site, repository cafe: 2026-11-26 00:00:00 to 2026-11-26 01:00:00 UTC",
        f"  then a hole until 2026-11-26 02:00:00 UTC: {'0' * 24} of the database's log is missing",
        "restorable off-site, repository cafe: 2026-11-26 02:00:00 to 2026-11-26 03:00:00 UTC",
        "restorable from this machine, repository beef:"
        " 2026-11-26 00:00:00 to 2026-11-26 01:00:00 UTC",
        f"  then a hole: {'0' * 24} of the database's log is missing",
    ]


def test_programs_get_it_as_json(uz: Uz) -> None:
    form = json.loads(uz("backup", "list", "--json").out)
    assert form["format"] == 1
    assert form["backups"][1]["needs"] == ["b1"]
    assert datetime.fromisoformat(form["restorable"][0]["begins"]) == AT


def test_what_is_wrong_is_said_and_it_ends_with_1(uz: Uz, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(FOUND, trouble="no answer", damaged=("x",), overwritten=("cafe/a",))
    wrong = replace(wrong, unprotected=("versioning is off",))
    monkeypatch.setattr(module, "list_backups", lambda _place: wrong)
    said = uz("backup", "list")
    assert said.code == 1
    assert "off-site: no answer" in said.out
    assert "damaged: x" in said.out
    assert "the first version counts: cafe/a" in said.out
    assert "does not protect what is in it: versioning is off" in said.out


def test_none_at_all_ends_with_1(uz: Uz, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "list_backups", lambda _place: Listing())
    said = uz("backup", "list")
    assert said.code == 1
    assert "there is no backup" in said.out


@pytest.mark.parametrize(
    ("count", "text"),
    [(5, "5 B"), (2048, "2.0 KiB"), (3 * 2**20, "3.0 MiB"), (1536 * 2**30, "1,536.0 GiB")],
)
def test_sizes_are_in_the_unit_that_suits_them(count: int, text: str) -> None:
    assert size(count) == text
