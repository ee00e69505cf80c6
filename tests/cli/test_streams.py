import io
import os
import sys

import pytest

from uz.cli import streams
from uz.cli.screen import Screen
from uz.errors import MachineError


class Refusing(io.StringIO):
    """A stream that takes nothing."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, _text: str, /) -> int:
        raise self.error


def test_closed_streams_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    numbers = iter([0, 2, 7])
    monkeypatch.setattr(os, "open", lambda *_: next(numbers))
    monkeypatch.setattr(os, "set_inheritable", lambda number, _: opened.append(number))
    monkeypatch.setattr(os, "close", opened.append)
    streams.ready()
    assert opened == [0, 2, 7]


def test_what_has_no_encoding_is_shown_as_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    streams.ready()
    Screen().line("a … b")
    assert raw.getvalue() == b"a \\u2026 b\n"


def test_without_a_reader_the_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Refusing(BrokenPipeError()))
    screen = Screen()
    screen.line("x")
    assert screen.unheard


def test_a_full_disk_below_standard_output_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Refusing(OSError(28, "No space left on device")))
    with pytest.raises(MachineError, match="standard output: No space left on device"):
        Screen().line("x")


def test_what_cannot_be_flushed_at_the_end_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Stuck())
    streams.flush()
