import sys

import pytest

from uz.cli.screen import Screen, harmless
from uz.errors import UzError

Captured = pytest.CaptureFixture[str]


def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A screen whose standard output is a terminal."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Screen()


def test_there_is_no_colour_in_a_file() -> None:
    assert Screen().paint("text", "red") == "text"


def test_there_is_colour_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = on_a_terminal(monkeypatch)
    assert screen.paint("text", "red") == "\x1b[31mtext\x1b[0m"
    assert screen.paint("text", "") == "text"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Screen().paint("text", "red") == "text"


def test_quiet_drops_progress_and_keeps_results(capsys: Captured) -> None:
    screen = Screen(quiet=True)
    screen.note("a note")
    screen.step("edge", "started")
    screen.line("a result")
    assert capsys.readouterr().out == "a result\n"


def test_a_step_is_a_name_and_what_happened(capsys: Captured) -> None:
    Screen().step("edge", "started")
    assert capsys.readouterr().out.split() == ["edge", "started"]


def test_an_error_goes_to_standard_error_also_when_quiet(capsys: Captured) -> None:
    Screen(quiet=True).error(UzError("first\nsecond", hint="Mend it."))
    printed = capsys.readouterr()
    assert printed.err == "uz: first\nsecond\nnext: Mend it.\n"
    assert printed.out == ""


def test_an_error_cannot_steer_the_terminal(capsys: Captured) -> None:
    Screen().error(UzError("log says \x1b[2J\r\x07"))
    assert capsys.readouterr().err == "uz: log says \\x1b[2J\\r\\x07\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Grüße 你好", "Grüße 你好"),
        ("a\tb", "a   b"),
        ("\x1b]0;x\x07", "\\x1b]0;x\\x07"),
        ("\u202e", "\\u202e"),
        ("", ""),
    ],
)
def test_only_what_steers_is_shown_as_its_code(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_columns_are_as_wide_as_their_widest_cell(capsys: Captured) -> None:
    Screen().table(("A", "B"), [("long-name", "x"), ("y", "as long as it likes")])
    assert capsys.readouterr().out.splitlines() == [
        "A          B",
        "long-name  x",
        "y          as long as it likes",
    ]


def test_a_table_without_rows_is_its_header(capsys: Captured) -> None:
    Screen().table(("NAME", "STATE"), [])
    assert capsys.readouterr().out == "NAME  STATE\n"


def test_no_line_ends_with_blanks(capsys: Captured) -> None:
    Screen().table(("A", "B"), [("a", "")])
    assert [line for line in capsys.readouterr().out.splitlines() if line != line.rstrip()] == []


def test_colour_takes_no_room_in_a_column(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = on_a_terminal(monkeypatch)
    screen.table(("A", "B"), [(screen.paint("red", "red"), "x"), ("plain", "y")])
    header, first, second = capsys.readouterr().out.splitlines()
    assert header == "\x1b[2mA      B\x1b[0m"
    assert first == "\x1b[31mred\x1b[0m    x"
    assert second == "plain  y"
