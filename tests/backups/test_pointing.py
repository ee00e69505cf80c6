import pytest

from uz.backups.counting import Countable
from uz.backups.point import Table
from uz.backups.pointing import parse_taken, script
from uz.errors import BackupError

ONE, TWO = Countable("public.one", 1, 10, "id"), Countable('"Odd"."two"', 2, 20, "a, b")
BOTH = (ONE, TWO)
LINES = (
    'point ["0/16B3748", "1700000000.250000", "7301"]',
    'structure {"table public.one": "aa"}',
    'table [0, 3, "17", 10]',
    'table [1, 0, "0", 20]',
    'after {"table public.one": "aa"}',
)


def position(text: str, words: str) -> int:
    assert words in text, words
    return text.index(words)


def test_the_place_is_named_under_the_locks_and_all_is_counted_after_them() -> None:
    text = script("uz-1", BOTH)
    order = [
        position(text, words)
        for words in (
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            "SAVEPOINT quiet",
            'LOCK TABLE ONLY public.one, ONLY "Odd"."two" IN SHARE MODE',
            "pg_create_restore_point('uz-1')",
            "ROLLBACK TO SAVEPOINT quiet",
            "FROM ONLY public.one",
            'FROM ONLY "Odd"."two"',
            "COMMIT",
            "'after '",
        )
    ]
    assert order == sorted(order)


def test_nothing_takes_a_snapshot_before_the_locks_are_held() -> None:
    before = script("uz-1", BOTH).split("LOCK TABLE")[0]
    assert not {"SELECT", "INSERT"} & set(before.upper().split())


def test_locks_are_not_waited_for_without_a_bound() -> None:
    before = script("uz-1", BOTH).split("LOCK TABLE")[0]
    assert "SET LOCAL lock_timeout = '200ms'" in before
    assert "SET LOCAL statement_timeout = '300ms'" in before


def test_without_tables_there_is_nothing_to_lock() -> None:
    assert "LOCK TABLE" not in script("uz-1", ())


def test_what_was_printed_is_read() -> None:
    taken = parse_taken("\n".join(LINES), "", BOTH)
    assert (taken.lsn, taken.cluster) == ("0/16B3748", "7301")
    assert taken.at.isoformat() == "2023-11-14T22:13:20.250000+00:00"
    assert taken.contents.tables == {"public.one": Table(3, "17"), '"Odd"."two"': Table(0, "0")}
    assert taken.after == taken.contents.objects == {"table public.one": "aa"}


@pytest.mark.parametrize("gone", range(len(LINES)))
def test_what_is_not_whole_is_no_point(gone: int) -> None:
    with pytest.raises(BackupError):
        parse_taken("\n".join((*LINES[:gone], *LINES[gone + 1 :])), "", BOTH)


@pytest.mark.parametrize("state", ["42P01", "42703", "55P03", "3F000"])
def test_a_table_that_a_migration_took_away_is_left_out(state: str) -> None:
    said = "\n".join((*LINES[:3], f"failed 1 {state}", LINES[4]))
    assert set(parse_taken(said, "", BOTH).contents.left_out) == {'"Odd"."two"'}


@pytest.mark.parametrize("state", ["XX001", "58030", "53200", "42501", ""])
def test_a_table_that_cannot_be_read_is_an_error_and_never_left_out(state: str) -> None:
    said = "\n".join((*LINES[:3], f"failed 1 {state}", LINES[4]))
    with pytest.raises(BackupError, match=r'"Odd"\."two": cannot be read: .*invalid page'):
        parse_taken(said, "ERROR: invalid page in block 3", BOTH)


@pytest.mark.parametrize("number", range(5))
def test_damage_is_an_error_of_backups(number: int) -> None:
    lines = list(LINES)
    lines[number] = lines[number].split()[0] + " {damaged"
    with pytest.raises(BackupError):
        parse_taken("\n".join(lines), "", BOTH)
