import logging
import os
import signal
import subprocess
import sys

import pytest
from tests.cli.conftest import Uz

from uz.cli import history
from uz.errors import BusyError, SpecError, UnhealthyError, UzError


def fails(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `uz history` end like this."""

    def run(_arguments: object) -> int:
        raise error

    monkeypatch.setattr(history, "run", run)


@pytest.mark.parametrize(
    ("error", "code"),
    [(UzError("x"), 2), (SpecError("x"), 2), (BusyError("x"), 2), (UnhealthyError("x"), 1)],
)
def test_what_the_user_can_fix_is_an_exit_code(
    uz: Uz, monkeypatch: pytest.MonkeyPatch, error: UzError, code: int
) -> None:
    fails(monkeypatch, error)
    said = uz("history")
    assert (said.code, said.out, said.err) == (code, "", "uz: x\n")


def test_an_error_says_what_next(uz: Uz, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(monkeypatch, UzError("uz.toml:3: wrong", hint="Right it."))
    assert uz("history").err == "uz: uz.toml:3: wrong\nnext: Right it.\n"


def test_a_bug_of_ours_shows_its_traceback(uz: Uz, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(monkeypatch, ZeroDivisionError("ours"))
    with pytest.raises(ZeroDivisionError):
        uz("history")


def test_an_interrupt_is_no_traceback(uz: Uz, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(monkeypatch, KeyboardInterrupt())
    said = uz("history")
    assert said.code == 130
    assert said.err == "uz: interrupted; run the command again to go on\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_is_an_interrupt_so_that_experiments_undo_themselves(
    uz: Uz, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    undone: list[bool] = []

    def run(_arguments: object) -> int:
        try:
            os.kill(os.getpid(), number)
            signal.sigtimedwait([], 5)
        finally:
            undone.append(True)
        return 0

    monkeypatch.setattr(history, "run", run)
    assert uz("history").code == 130
    assert undone == [True]


def test_what_nohup_ignores_stays_ignored(uz: Uz, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def run(_arguments: object) -> int:
        seen.append(signal.getsignal(signal.SIGHUP))
        return 0

    monkeypatch.setattr(history, "run", run)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    uz("history")
    assert seen == [signal.SIG_IGN]


def test_a_reader_that_went_away_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "uz", "explain"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, timeout=30)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_what_is_written_is_for_the_owner_only(uz: Uz, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def run(_arguments: object) -> int:
        seen.append(os.umask(0o077))
        return 0

    monkeypatch.setattr(history, "run", run)
    uz("history")
    assert seen == [0o077]


def test_a_command_knows_its_own_words_for_the_audit_trail(
    uz: Uz, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(arguments: object) -> int:
        print(arguments.words[2:])  # type: ignore[attr-defined]
        return 0

    monkeypatch.setattr(history, "run", run)
    assert uz("history", "-n", "3").out == "['history', '-n', '3']\n"


@pytest.mark.parametrize(
    ("chosen", "level"), [("debug", "DEBUG"), ("WARNING", "WARNING"), ("", "ERROR"), ("x", "ERROR")]
)
def test_the_log_level_is_asked_for_by_a_variable(
    uz: Uz, monkeypatch: pytest.MonkeyPatch, chosen: str, level: str
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(logging, "basicConfig", lambda **how: asked.append(how["level"]))
    monkeypatch.setattr(history, "run", lambda _arguments: 0)
    monkeypatch.setenv("UZ_LOG", chosen)
    uz("history")
    assert asked == [level]
