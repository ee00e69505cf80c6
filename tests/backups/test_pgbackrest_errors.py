from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups import pgbackrest_errors
from uz.backups.pgbackrest_errors import fail, short
from uz.errors import BackupError, BusyError, MachineError, UzError

PLACE = Path("/")


@pytest.mark.parametrize(
    ("code", "said", "kind", "words"),
    [
        (50, "ERROR: [050]: unable to acquire lock on file '/l': x", BusyError, "holds"),
        (28, "ERROR: [028]: backup and archive info files exist but do not match the database",
         BackupError, "another database"),
        (51, "ERROR: [051]: PostgreSQL version 17, system-id 7 do not match stanza version 15",
         BackupError, "PostgreSQL version 17"),
        (29, "ERROR: [029]: unable to load info file '/a':\n  CryptoError: unable to flush",
         BackupError, "passphrase"),
        (55, "ERROR: [055]: unable to load '/a':\n  FileMissingError: unable to open missing file",
         BackupError, "FileMissingError"),
        (82, "ERROR: [082]: WAL segment 0B was not archived before the 60000ms timeout",
         BackupError, "not archived"),
        (56, "ERROR: [056]: unable to find primary cluster - cannot proceed", BackupError, "asked"),
        (62, "ERROR: [062]: unable to write '/a': [28] No space left on device",
         MachineError, "disk is full"),
        (41, "ERROR: [041]: unable to open file '/a' for read: [13] Permission denied",
         MachineError, "Permission denied"),
        (1, "", BackupError, "pgbackrest backup ended with 1"),
    ],
)  # fmt: skip
def test_each_error_says_what_and_where(
    code: int, said: str, kind: type[UzError], words: str
) -> None:
    error = fail("backup", code, said, PLACE)
    assert type(error) is kind
    assert words in str(error)
    assert "[0" not in str(error)
    assert "\n" not in str(error)


def test_what_could_not_be_written_is_a_full_disk_where_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = "ERROR: [064]: raised from local-1 protocol: unable to write '/a/b': [2] No such file"
    assert "disk is full" not in str(fail("backup", 64, said, PLACE))
    monkeypatch.setattr(pgbackrest_errors, "ROOM", 2**80)
    assert "the disk is full: unable to write '/a/b'" in str(fail("backup", 64, said, PLACE))


def test_of_what_was_decrypted_wrongly_nothing_is_shown() -> None:
    said = (
        "ERROR: [029]: unable to load info file '/r/backup.info':\n"
        '       FormatError: key/value found outside of section at line 1: "ÿ\x01secret'
    )
    assert "secret" not in str(fail("backup", 29, said, PLACE))


@given(st.text())
def test_any_text_becomes_one_printable_line(said: str) -> None:
    assert short(f"ERROR: [099]: {said}").isprintable()
    assert len(short(said)) <= 300
