from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from uz.backups.drilled import Drilled, last_held, parse_drilled, read_history
from uz.backups.finding import Finding
from uz.errors import BackupError

NOW = datetime(2026, 11, 22, 4, 41, tzinfo=UTC)
GOOD = Finding("rows", True, "12 tables", {"rows": 1200})
BAD = Finding("canary", False, "400 s old", {"age_s": 400.0})
WHOLE = Drilled(NOW, "5f0a", "F1", "uz-1", {"fetch": 2.0, "restore": 1.5}, 20.0, (GOOD,), True)


def test_a_record_is_read_as_it_was_written() -> None:
    assert parse_drilled(WHOLE.line()) == WHOLE
    assert WHOLE.seconds == 3.5


def test_a_drill_that_compared_nothing_is_not_good() -> None:
    assert WHOLE.ok
    assert not Drilled(NOW).ok
    assert not Drilled(NOW, findings=(GOOD, BAD)).ok
    assert not Drilled(NOW, findings=(GOOD,), stopped="no catalog").ok


def test_what_is_wrong_is_said_line_by_line() -> None:
    found = Drilled(NOW, findings=(GOOD, BAD), stopped="gave up").wrong
    assert found == ("gave up", "canary: 400 s old")


def test_half_a_line_of_a_full_disk_loses_no_other(tmp_path: Path) -> None:
    path = tmp_path / "drills.jsonl"
    path.write_text(f"{WHOLE.line()}\n{WHOLE.line()[:50]}\n{WHOLE.line()}\n")
    assert read_history(path) == (WHOLE, WHOLE)
    assert read_history(tmp_path / "none") == ()


def test_only_a_drill_that_held_makes_the_data_younger() -> None:
    failed = Drilled(NOW + timedelta(days=6), stopped="no catalog")
    last = last_held((WHOLE, failed))
    assert last
    assert NOW + timedelta(days=7) - last.at == timedelta(days=7)
    assert last_held((failed,)) is None


@pytest.mark.parametrize("line", ["", "null", "{}", '{"ok": true, "seconds": 1}'])
def test_a_damaged_record_is_told(line: str) -> None:
    with pytest.raises(BackupError, match="damaged"):
        parse_drilled(line)
