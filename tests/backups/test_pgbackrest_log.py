from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from uz.backups.backup import Backup, BackupKind
from uz.backups.pgbackrest_log import gaps
from uz.backups.wal import name_of

DIGEST = "1a7de0bd3e10fcebe11770fd5f883388bbf12290"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def paths(*names: str) -> tuple[str, ...]:
    return tuple(f"archive/main/15-1/{one[:16]}/{one}-{DIGEST}.zst" for one in names)


def backup(first: int, last: int, timeline: int = 1) -> Backup:
    names = name_of(timeline, first), name_of(timeline, last)
    return Backup("F", BackupKind.FULL, NOW, NOW, (), *names, 1, 1, "7", 15)


def log(*numbers: int, timeline: int = 1) -> tuple[str, ...]:
    return paths(*(name_of(timeline, one) for one in numbers))


@given(st.integers(1, 2000), st.integers(0, 5), st.integers(0, 600))
def test_log_without_a_hole_lacks_nothing(first: int, width: int, more: int) -> None:
    whole = log(*range(first, first + width + more + 1))
    assert gaps((backup(first, first + width),), whole) == ()


@given(st.integers(250, 270), st.integers(1, 20), st.data())
def test_each_missing_file_is_named(first: int, width: int, data: st.DataObject) -> None:
    lost = data.draw(st.integers(first, first + width - 1))
    there = [one for one in range(first, first + width + 1) if one != lost]
    found = gaps((backup(first, first),), log(*there))
    assert found == (f"log missing: {name_of(1, lost)}",)


def test_a_run_of_missing_files_is_one_line() -> None:
    found = gaps((backup(1, 1),), log(1, 2, 6))
    assert found == (f"log missing: {name_of(1, 3)} to {name_of(1, 5)}",)


def test_what_a_backup_needs_itself_has_to_be_there() -> None:
    assert gaps((backup(4, 5),), log(1, 2, 4)) == (f"log missing: {name_of(1, 5)}",)
    assert gaps((backup(4, 4),), ()) == (f"log missing: {name_of(1, 4)}",)


def test_what_is_older_than_all_backups_is_not_asked_for() -> None:
    assert gaps((backup(9, 9),), log(1, 3, 9, 10)) == ()
    assert gaps((), log(1, 3)) == ()


def test_the_log_goes_on_on_the_next_timeline() -> None:
    first = log(1, 2, 3)
    assert gaps((backup(1, 1),), first + log(3, 4, timeline=2)) == ()
    assert gaps((backup(1, 1),), first + log(4, 5, timeline=2)) == ()
    lost = gaps((backup(1, 1),), first + log(5, timeline=2))
    assert lost == (f"log missing: {name_of(2, 4)}",)
