from uz.backups.finding import Finding
from uz.errors import BackupError
from uz.targets.local.backups.looks import SHOWN, short, tried


def test_an_error_is_a_finding_that_does_not_hold() -> None:
    def look() -> Finding:
        raise BackupError("no answer")

    assert tried("point", look) == Finding("point", False, "no answer")


def test_what_was_found_is_told() -> None:
    assert tried("point", lambda: Finding("point", True, "fine")).held


def test_long_lists_are_cut_and_counted() -> None:
    assert short([]) == ""
    assert short("ab") == "a; b"
    assert short(map(str, range(SHOWN + 2))) == "0; 1; 2; 3; 4; and 2 more"
