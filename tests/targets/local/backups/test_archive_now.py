from typing import Any, cast

import pytest

from uz.errors import BackupError
from uz.targets.local.backups.archive_now import ARCHIVED, LAST, archive_now
from uz.targets.local.backups.session import Session


class Answers:
    """A server that archives one file with each question."""

    def __init__(self, *archived: str) -> None:
        self.asked: list[str] = []
        self.archived = list(archived)

    def ask(self, sql: str, _database: str) -> str:
        self.asked.append(sql)
        if sql == LAST:
            return "000000020000000000000007"
        if sql == ARCHIVED:
            return self.archived.pop(0) if len(self.archived) > 1 else self.archived[0]
        return ""


def archived(answers: Answers) -> None:
    archive_now(cast(Session, cast(Any, answers)), within=0.5)


def test_it_waits_until_the_last_file_is_archived() -> None:
    answers = Answers("", "0" * 23 + "6", "00000002.history", "000000020000000000000007")
    archived(answers)
    assert answers.asked[:2] == [LAST, "SELECT pg_switch_wal()"]
    assert answers.asked.count(ARCHIVED) == 4


def test_a_file_of_an_earlier_timeline_counts_by_its_place() -> None:
    archived(Answers("000000010000000000000008"))


def test_where_nothing_is_archived_that_is_told() -> None:
    with pytest.raises(BackupError, match="000000020000000000000007 was not archived") as error:
        archived(Answers("000000020000000000000006"))
    assert "uz logs" in error.value.hint
