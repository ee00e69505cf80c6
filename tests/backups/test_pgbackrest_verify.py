import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups.pgbackrest_verify import differing, parse_verify
from uz.errors import BackupError

FULL, INCREMENT = "20261126-173451F", "20261126-173451F_20261126-173454I"
NONE = "missing: 0, checksum invalid: 0, size invalid: 0, other: 0"


def text(status: str, log: str, *backups: str) -> str:
    return "\n".join(["stanza: main", f"status: {status}", log, *backups]) + "\n"


def log(checked: int = 4, valid: int = 4, counts: str = NONE) -> str:
    return (
        f"  archiveId: 15-1, total WAL checked: {checked}, total valid WAL: {valid}\n    {counts}"
    )


def backup(status: str = "valid", checked: int = 9, valid: int = 9, counts: str = NONE) -> str:
    return (
        f"  backup: {FULL}, status: {status}, total files checked: {checked},"
        f" total valid files: {valid}\n    {counts}"
    )


@pytest.mark.parametrize(
    "said",
    [
        text("ok", log(), backup()),
        text("ok", "    no archives or backups exist in the repo"),
        text("ok", "  archiveId: none found", "  backup: none found"),
        text("ok", log(), backup("in-progress", 0, 0)),
    ],
)
def test_where_all_is_well_nothing_is_said(said: str) -> None:
    assert parse_verify(said) == ()


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (
            text("error", log(4, 3, NONE.replace("other: 0", "other: 1")), backup()),
            ("log: 1 of 4 files damaged (other: 1)",),
        ),
        (
            text("error", log(), backup("invalid", 9, 7, NONE.replace("missing: 0", "missing: 2"))),
            (f"{FULL}: 2 of 9 files damaged (missing: 2)",),
        ),
        (
            text("error", log(), backup("invalid", 0, 0)),
            (f"{FULL}: invalid, with 0 files checked",),
        ),
        (
            text("ok", log(), backup("manifest missing", 0, 0)),
            (f"{FULL}: manifest missing, with 0 files checked",),
        ),
        (
            text("error", "  No usable backup.info file"),
            ("no usable backup.info: damaged, or the passphrase is wrong",),
        ),
        (text("error", log(), backup()), ("verify found errors",)),
        (text("ok", log(), backup("valid", 9, 8)), (f"{FULL}: 1 of 9 files damaged",)),
        (text("ok", log(), backup("valid", 0, 0)), (f"{FULL}: valid, with 0 files checked",)),
    ],
)
def test_what_is_wrong_is_said(said: str, found: tuple[str, ...]) -> None:
    assert parse_verify(said) == found


def test_a_backup_that_it_says_nothing_of_was_not_verified() -> None:
    said = text("ok", log(), backup())
    assert parse_verify(said, (FULL,)) == ()
    assert parse_verify(said, (FULL, INCREMENT)) == (f"{INCREMENT}: was not verified",)


@pytest.mark.parametrize(
    "said", ["", "\n", "stanza: main", "status: fine", "status: ok\nand a line of a later version"]
)
def test_what_is_not_understood_is_no_success(said: str) -> None:
    with pytest.raises(BackupError, match="cannot be understood"):
        parse_verify(said)


@given(st.text())
def test_no_text_at_all_is_taken_for_success_without_a_status(said: str) -> None:
    try:
        found = parse_verify(said)
    except BackupError:
        return
    assert found or "status: ok" in said


def test_a_file_that_differs_from_its_copy_is_damaged() -> None:
    path = f"backup/main/{FULL}/backup.manifest"
    contents = {path: "a", f"{path}.copy": "b"}
    assert differing(contents.get, (FULL,), tuple(contents)) == (
        f"{path}: damaged, it or its copy",
    )
    assert differing(contents.get, (FULL,), (path,)) == ()
    assert differing(lambda _: "same", (FULL,), tuple(contents)) == ()
