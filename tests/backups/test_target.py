from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups.target import LATEST, Aim, parse_target, to_point, to_time, told
from uz.errors import BackupError

MOMENT = datetime(2026, 11, 26, 17, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-26T17:30:05",
        "2026-11-26 17:30:05",
        "2026-11-26T17:30:05Z",
        "2026-11-26T17:30:05+00:00",
        "2026-11-26T18:30:05+01:00",
        "2026-11-26 12:00:05-05:30",
        " 2026-11-26T17:30:05 ",
    ],
)
def test_a_time_is_read_in_utc_unless_it_has_a_zone(text: str) -> None:
    assert parse_target(text) == to_time(MOMENT)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_what_is_written_as_iso_is_read_back(moment: datetime, offset: int) -> None:
    there = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    assert parse_target(there.isoformat()).at == there


def test_latest_is_a_word() -> None:
    assert parse_target("latest") == parse_target(" LATEST ") == LATEST


@pytest.mark.parametrize("text", ["20261126-173306F", "20261126-173306F_20261127-173306D"])
def test_a_label_is_a_backup(text: str) -> None:
    found = parse_target(text)
    assert (found.aim, found.name, found.at) == (Aim.BACKUP, text, None)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "17:30", "2026-11-26T25:00:00", "a b", "../1", "1;x"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BackupError, match="neither a time nor a backup") as error:
        parse_target(text)
    assert "2026-11-26T17:30:00" in error.value.hint


@given(st.text(max_size=200))
def test_no_text_is_a_traceback(text: str) -> None:
    with suppress(BackupError):
        assert str(parse_target(text))


def test_targets_are_told_in_words() -> None:
    assert str(LATEST) == "the latest there is"
    assert str(to_time(MOMENT)) == "2026-11-26 17:30:05 UTC"
    assert str(to_point("hourly-1", MOMENT)) == "restore point hourly-1 of 2026-11-26 17:30:05 UTC"
    assert str(parse_target("20261126-173306F")) == "the end of backup 20261126-173306F"
    assert told(MOMENT.astimezone(timezone(timedelta(hours=2)))) == "2026-11-26 17:30:05 UTC"
