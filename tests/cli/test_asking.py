import sys

import pytest

from uz.cli.asking import agreed


def answers(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Sit at a terminal and type this."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: text)


@pytest.mark.parametrize(
    ("text", "yes"),
    [("y", True), ("YES", True), (" yes ", True), ("", False), ("n", False), ("yeah", False)],
)
def test_only_yes_is_a_yes(monkeypatch: pytest.MonkeyPatch, text: str, yes: bool) -> None:
    answers(monkeypatch, text)
    assert agreed("Remove it?", yes=False) is yes


def test_who_has_said_yes_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _question: pytest.fail("asked"))
    assert agreed("Remove it?", yes=True)


def test_without_a_terminal_the_answer_is_no_and_says_how_to_agree(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    assert not agreed("Remove it?", yes=False)
    assert capsys.readouterr().err == ("Remove it? Not asked, as there is no terminal: use --yes\n")
