"""The command line in odd surroundings: pipes, closed streams, no terminal, wrong words."""

import os
import pty
import subprocess
from pathlib import Path

import pytest
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Ran, Stage

pytestmark = pytest.mark.live

COMMANDS = ("status", "status --json", "logs", "explain", "history", "render --check", "eject")


def shell(stage: Stage, script: str, **environment: str) -> Ran:
    """Run a script of the shell in which $UZ is the command."""
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {script}"],
        env=stage.environ(UZ=" ".join(stage.command()), **environment),
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr, 0)


def quiet_errors(ran: Ran) -> None:
    """No traceback, and no complaint of Python's own at its end."""
    assert "Traceback" not in ran.stderr, ran
    assert "Exception ignored" not in ran.stderr, ran


@pytest.mark.parametrize("command", [*COMMANDS, "--help", "explain --help"])
def test_a_reader_that_goes_away_is_no_error(running: Stage, command: str) -> None:
    for reader in ("head -1", "true"):
        ran = shell(running, f"$UZ {command} | {reader}")
        quiet_errors(ran)
        assert ran.stderr == "", ran


def test_a_reader_that_goes_away_does_not_stop_the_work(stage: Stage) -> None:
    assert shell(stage, "$UZ up | head -1").code == 0
    assert stage.status()["healthy"]


@pytest.mark.parametrize("closing", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["status", "up", "explain", "down --delete-data"])
def test_closed_streams_are_no_crash(running: Stage, command: str, closing: str) -> None:
    ran = shell(running, f"{{ $UZ {command} {closing}; }}")
    quiet_errors(ran)
    assert ran.code in {0, 2}, ran


def test_a_full_device_is_told(running: Stage) -> None:
    ran = shell(running, "$UZ status > /dev/full")
    quiet_errors(ran)
    assert ran.code == 2, ran


def terminal(stage: Stage, *words: str, **environment: str) -> str:
    """What a command shows on a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        stage.command(*words), stdin=follower, stdout=follower, stderr=follower,
        env={k: v for k, v in stage.environ(**environment).items() if v},
    )  # fmt: skip
    os.close(follower)
    shown = b""
    while True:
        try:
            shown += os.read(leader, 65536)
        except OSError:
            break
    os.close(leader)
    process.wait(60)
    return shown.decode()


def test_colour_is_for_terminals_without_no_color(running: Stage) -> None:
    assert "\x1b[" in terminal(running, "status", NO_COLOR="")
    assert "\x1b[" not in terminal(running, "status", NO_COLOR="1")
    for command in COMMANDS:
        ran = running.uz(*command.split(), NO_COLOR="")
        assert "\x1b" not in ran.stdout + ran.stderr, ran


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_old_encoding_is_no_crash(running: Stage, encoding: str) -> None:
    for command in COMMANDS:
        ran = running.uz(*command.split(), PYTHONIOENCODING=encoding, PYTHONUTF8="0")
        quiet_errors(ran)
        assert ran.code in {0, 1}, ran


@pytest.mark.parametrize(
    ("words", "said"),
    {
        "logs": (["logs", "nope"], "nope: not a service (known: app-1, app-2, edge"),
        "logs out": (["logs", "../edge"], "../edge: not a service"),
        "prove": (["prove", "tls.strnog"], "Did you mean tls.strong?"),
        "explain": (["explain", "x\n\x1b[31m"], "not an item"),
        "rehearse": (["rehearse", "tls.terminatd"], "Did you mean tls.terminated?"),
        "environment": (["--env", "staging", "status"], "there is no environment 'staging'"),
        "project": (["--project", "/nonexistent", "status"], "/nonexistent/uz.toml: not found"),
        "no command": ([], "usage: uz"),
        "command": (["pu"], "usage: uz"),
        "option": (["up", "--foo"], "--foo"),
        "shortened": (["up", "--work"], "--work"),
        "number": (["logs", "-n", "x"], "invalid int value: 'x'"),
        "too many": (["logs", "a", "b"], "unrecognized arguments: b"),
        "missing": (["--env"], "expected one argument"),
    }.values(),
)
def test_wrong_words_are_told_with_exit_code_2(running: Stage, words: list[str], said: str) -> None:
    refused(running.uz(*words), said)


def test_a_folder_that_is_gone_is_no_crash(running: Stage, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = " ".join([running.command()[0], "-m", "uz", "status"])
    ran = shell(running, f"cd {gone} && rmdir {gone} && {command}")
    refused(ran, "uz.toml: not found")


def test_a_log_level_that_is_none_is_no_crash(running: Stage) -> None:
    assert running.uz("status", UZ_LOG="loud").code == 0


def test_before_the_first_run_every_command_says_what_to_do(stage: Stage) -> None:
    assert mentions_next(refused(stage.uz("logs"), "there is no log yet"))
    assert mentions_next(refused(stage.uz("prove"), "was never brought up"))
    assert stage.uz("status").code == 1
    assert "nothing was running" in stage.uz("down").stdout
    assert "created nothing" in stage.uz("uninstall", "--yes").stdout
    assert not stage.home.exists()


def test_nothing_is_asked_without_a_terminal(running: Stage) -> None:
    for words in (["uninstall"], ["down", "--delete-data"]):
        ran = running.uz(*words)
        assert ran.code == 2, ran
        assert "--yes" in ran.stderr or "marked production" in ran.stderr
    assert running.client().answers()


@pytest.mark.parametrize("answer", ["", "n", "y", "TINY"])
def test_a_wrong_answer_removes_nothing(running: Stage, answer: str) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        running.command("uninstall"), stdin=follower, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=running.environ(), text=True,
    )  # fmt: skip
    os.write(leader, f"{answer}\n".encode())
    out, _ = process.communicate(timeout=30)
    os.close(leader)
    os.close(follower)
    assert process.returncode == 2
    assert "nothing was changed" in out
    assert running.client().answers()
