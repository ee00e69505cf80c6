import pytest

from uz.backups.target import LATEST
from uz.errors import BackupError, MachineError
from uz.targets.local.backups.private_log import (
    LEAST,
    EndedEarlyError,
    died,
    ended_early,
    last_change,
    why_it_ended,
)

EARLY = [
    "LOG:  starting point-in-time recovery to 2026-11-26 17:00:00+00",
    "LOG:  redo done at 0/3000148",
    "LOG:  last completed transaction was at log time 2026-11-26 16:59:01.5+00",
    "FATAL:  recovery ended before configured recovery target was reached",
    "LOG:  shutting down due to startup process failure",
]


def test_a_log_that_ends_before_the_target_is_told_with_its_last_change() -> None:
    error = ended_early(EARLY, LATEST, "")
    assert isinstance(error, EndedEarlyError)
    assert error.reached == "2026-11-26 16:59:01.5+00"
    assert "its last change is of 2026-11-26 16:59:01.5+00" in str(error)


def test_a_log_without_any_change_is_told_too() -> None:
    error = ended_early([EARLY[3]], LATEST, "")
    assert isinstance(error, EndedEarlyError)
    assert error.reached == last_change([]) == ""


def test_a_target_inside_the_backup_is_told() -> None:
    said = ["FATAL:  requested recovery stop point is before consistent recovery point"]
    assert "before the end of the backup" in str(ended_early(said, LATEST, ""))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["LOG:  starting", "FATAL:  no room", "LOG:  is shut down"], "FATAL:  no room"),
        (["PANIC:  could not locate a valid checkpoint record"], "valid checkpoint"),
        (["postgres: error: unknown option"], "unknown option"),
        (["LOG:  one", "", "LOG:  two"], "LOG:  two"),
        ([], "does not come up:"),
    ],
)
def test_anything_else_is_told_in_the_servers_words(said: list[str], expected: str) -> None:
    error = ended_early(said, LATEST, "look")
    assert type(error) is BackupError
    assert str(error) == why_it_ended(said)
    assert expected in str(error)
    assert error.hint == "look"


@pytest.mark.parametrize(
    ("said", "room"),
    [
        (["FATAL:  could not write to file: No space left on device"], None),
        (["FATAL:  could not restore file from archive: command not executable"], LEAST - 1),
    ],
)
def test_a_full_disk_is_called_that(said: list[str], room: int | None) -> None:
    error = died(said, "look into the log that is gone", room)
    assert type(error) is MachineError
    assert str(error).startswith("the disk is full: ")
    assert error.hint.startswith("Free some space")
    assert type(died(["FATAL:  damaged"], "look", LEAST)) is BackupError
