import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from uz.backups.backup import BackupKind
from uz.backups.pgbackrest_info import cluster_of, damaged, parse_info
from uz.errors import BackupError

FULL, INCREMENT = "20261126-173451F", "20261126-173451F_20261126-173454I"


def one(label: str, kind: str, reference: list[str] | None, start: int, **more: Any) -> Any:
    return {
        "archive": {"start": "000000010000000000000002", "stop": "000000010000000000000003"},
        "database": {"id": 1, "repo-key": 1},
        "error": False,
        "info": {"delta": 123, "repository": {"delta": 12, "size": 284}, "size": 2303},
        "label": label,
        "prior": None,
        "reference": reference,
        "timestamp": {"start": start, "stop": start + 2},
        "type": kind,
        **more,
    }


def info(*backups: Any, code: int = 0, message: str = "ok", databases: bool = True) -> str:
    return json.dumps([{
        "backup": backups,
        "db": [{"id": 1, "system-id": 7712534951916057593, "version": "15"}] if databases else [],
        "repo": [{"key": 1, "status": {"code": code, "message": message}}],
    }])  # fmt: skip


def test_backups_come_oldest_first_with_all_that_is_known_of_them() -> None:
    found = parse_info(info(one(INCREMENT, "incr", [FULL], 1795714494),
                            one(FULL, "full", None, 1795714491)))  # fmt: skip
    assert [two.label for two in found] == [FULL, INCREMENT]
    last = found[1]
    assert (last.kind, last.needs) == (BackupKind.INCREMENTAL, (FULL,))
    assert last.started == datetime(2026, 11, 26, 17, 34, 54, tzinfo=UTC)
    assert (last.size, last.stored) == (2303, 12)
    assert (last.cluster, last.version) == ("7712534951916057593", 15)
    assert (last.first_wal[-1], last.last_wal[-1]) == ("2", "3")


@pytest.mark.parametrize("code", [1, 2])
def test_an_empty_repository_has_none(code: int) -> None:
    assert parse_info(info(code=code, message="no valid backups")) == ()
    assert parse_info("[]") == ()


def test_the_database_that_it_is_of_is_told() -> None:
    assert cluster_of(info()) == "7712534951916057593"
    assert cluster_of(info(databases=False)) == ""


def test_a_backup_of_damaged_pages_is_named() -> None:
    assert damaged(info(one(FULL, "full", None, 1))) == ()
    said = damaged(info(one(FULL, "full", None, 1, error=True)))
    assert said == (f"{FULL}: the database had damaged pages when it was taken",)


@pytest.mark.parametrize(
    "message",
    ["[FormatError] no\nFormatError: key/value found outside of section at line 1: ß\x01",
     "[CryptoError] unable to load info file\nHINT: is or was the repo encrypted?"],
)  # fmt: skip
def test_another_passphrase_is_told_and_nothing_of_what_was_decrypted(message: str) -> None:
    with pytest.raises(BackupError, match="passphrase is wrong") as caught:
        parse_info(info(code=99, message=message))
    assert "ß" not in str(caught.value)


def test_what_stands_in_the_message_raw_is_told_the_same_way() -> None:
    text = '[{"repo":[{"status":{"code":99,"message":"x FormatError: key/value found outside of'
    with pytest.raises(BackupError, match="passphrase is wrong"):
        parse_info(text + ' section at line 1: \x01 \\q"}}]}]')


def test_another_trouble_is_told_in_its_own_words() -> None:
    with pytest.raises(BackupError, match="unable to list"):
        parse_info(info(code=99, message="[PathOpenError] unable to list file info"))


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), lambda kids: st.lists(kids)
       | st.dictionaries(st.sampled_from(["repo", "backup", "db", "status", "code"]), kids)
       ).map(json.dumps))  # fmt: skip
@example('[{"backup":null}]')
@example('[{"backup":[null]}]')
def test_whatever_it_says_there_is_no_other_error(text: str) -> None:
    for read in (parse_info, cluster_of, damaged):
        with contextlib.suppress(BackupError):
            read(text)
