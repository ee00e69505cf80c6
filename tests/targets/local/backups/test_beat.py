from datetime import UTC, datetime, timedelta

import pytest

from uz.errors import BackupError
from uz.targets.local.backups.beat import beat, place

AT = "2026-11-26T12:00:00.000001"
SEGMENT = "0000000100000000000000AA"


class Said:
    """A server that says these things."""

    def __init__(self, *archived: str) -> None:
        self.archived, self.asked = list(archived), list[str]()

    def ask(self, sql: str, database: str) -> str:
        self.asked.append(database)
        if "pg_switch_wal" in sql:
            return SEGMENT
        if "pg_stat_archiver" in sql:
            return self.archived.pop(0) if len(self.archived) > 1 else self.archived[0]
        return AT


def test_it_is_done_when_the_log_with_the_row_is_archived() -> None:
    server = Said("", "0000000100000000000000A9", "00000002.history", SEGMENT)
    assert beat(server.ask, timedelta(days=1), 5) == datetime.fromisoformat(AT).replace(tzinfo=UTC)
    assert server.asked[:2] == ["uz", "postgres"]


def test_a_later_timeline_is_as_good() -> None:
    found = beat(Said("0000000200000000000000AB").ask, timedelta(days=1), 5)
    assert found.tzinfo is UTC


def test_log_that_does_not_arrive_is_told() -> None:
    with pytest.raises(BackupError, match=f"{SEGMENT} is not there after 0 s"):
        beat(Said("0000000100000000000000A9").ask, timedelta(days=1), 0.05)


def test_places_are_those_of_the_log_and_a_backup_file_is_at_its_segment() -> None:
    assert place(SEGMENT) == place(SEGMENT + ".00000028.backup") == "00000000000000AA"
    assert place("00000002.history") == place("") == ""
