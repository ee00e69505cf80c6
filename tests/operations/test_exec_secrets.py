import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from uz.errors import ProgramError, SecretError
from uz.operations.exec_secrets import NAMED, exec_secrets
from uz.secret import Secret
from uz.testing import FakeEnvironment, spec
from uz.waiting import met

REFERENCE = "ref+vault://secret/stripe-key#/value"
VALUE = "hunter2 'quoted' \"$HOME\" #\n\n"


@pytest.fixture
def env() -> FakeEnvironment:
    app = {"env": {"STRIPE_KEY": REFERENCE, "LEVEL": "info"}, "generated_secrets": ["session-key"]}
    environment = FakeEnvironment(spec("trial", app=app, redis={"purpose": "cache"}))
    environment.source.write(REFERENCE, Secret(VALUE.encode()))
    environment.source.write("redis/app", Secret(b"hunter3hunter3"))
    return environment


Shown = Callable[[str], str]


@pytest.fixture
def shown(env: FakeEnvironment, tmp_path: Path) -> Shown:
    """What a shell script prints that is run with the secrets."""

    def run(script: str) -> str:
        out = tmp_path / "out"
        assert exec_secrets(env, ["sh", "-c", f"({script}) > {out}"], tmp_path) == 0
        return out.read_text()

    return run


def test_references_and_addresses_are_variables_as_the_app_has_them(shown: Shown) -> None:
    assert shown('printf %s "$STRIPE_KEY"') == VALUE
    assert shown('printf %s "$LEVEL $UZ_ENVIRONMENT"') == "info trial"
    assert shown('printf %s "$REDIS_URL"') == "redis://app:hunter3hunter3@127.0.0.1:23500/0"


def test_credentials_are_files_that_nobody_else_can_read(shown: Shown) -> None:
    said = shown('cd "$CREDENTIALS_DIRECTORY"; stat -c %a . *; cat session-key stripe-key')
    assert said == "700\n400\n400\n400\nsecret" + VALUE


def test_home_and_port_are_the_callers(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/my/own")
    monkeypatch.delenv("PORT", raising=False)
    assert shown('printf %s "$HOME ${PORT-none} $STATE_DIRECTORY"') == (
        "/my/own none /nonexistent/trial/data/app"
    )


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143)])
def test_the_exit_code_is_the_commands_and_nothing_is_left(
    env: FakeEnvironment, tmp_path: Path, script: str, code: int
) -> None:
    assert exec_secrets(env, ["sh", "-c", script], tmp_path) == code
    assert list(tmp_path.iterdir()) == []


def test_no_value_is_an_argument_of_any_process(env: FakeEnvironment, tmp_path: Path) -> None:
    out = tmp_path / "out"
    script = f"tr '\\0' ' ' < /proc/$$/cmdline > {out}; tr '\\0' ' ' < /proc/$PPID/cmdline >> {out}"
    assert exec_secrets(env, ["sh", "-c", script], tmp_path) == 0
    assert "hunter" not in out.read_text()


def test_a_command_that_is_not_there_is_named_and_nothing_is_left(
    env: FakeEnvironment, tmp_path: Path
) -> None:
    with pytest.raises(ProgramError, match="no-such-program: cannot be started"):
        exec_secrets(env, ["no-such-program"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_secret_that_is_missing_is_told_before_anything_runs(
    env: FakeEnvironment, tmp_path: Path
) -> None:
    del env.source.values[REFERENCE]
    with pytest.raises(SecretError, match="there is no secret") as raised:
        exec_secrets(env, ["touch", str(tmp_path / "ran")], tmp_path)
    assert "`uz up`" in raised.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_zero_byte_fits_no_variable(env: FakeEnvironment, tmp_path: Path) -> None:
    env.source.write(REFERENCE, Secret(b"hunter2\0hunter2"))
    with pytest.raises(SecretError, match="STRIPE_KEY: holds a zero byte") as raised:
        exec_secrets(env, ["true"], tmp_path)
    assert "hunter2" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_bytes_that_are_no_text_come_through(env: FakeEnvironment, tmp_path: Path) -> None:
    env.source.write(REFERENCE, Secret(b"hunter2\xff\xfe"))
    out = tmp_path / "out"
    exec_secrets(env, ["sh", "-c", f'printf %s "$STRIPE_KEY" > {out}'], tmp_path)
    assert out.read_bytes() == b"hunter2\xff\xfe"


def test_what_a_killed_run_has_left_is_removed_and_nothing_else(
    env: FakeEnvironment, tmp_path: Path
) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = tmp_path / f"{NAMED}{gone.pid}-x"
    running = tmp_path / f"{NAMED}{os.getpid()}-x"
    other = tmp_path / f"{NAMED}x-y"
    for folder in (left, running, other):
        folder.mkdir()
        (folder / "secret").touch()
    assert exec_secrets(env, ["true"], tmp_path) == 0
    assert sorted(tmp_path.iterdir()) == sorted([running, other])


PROGRAM = """
import sys
from pathlib import Path
from uz.cli.running import _interrupt
from uz.operations.exec_secrets import exec_secrets
from uz.testing import FakeEnvironment
import signal
signal.signal(signal.SIGTERM, _interrupt)
sys.exit(exec_secrets(FakeEnvironment(), sys.argv[2:], Path(sys.argv[1])))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_goes_on_to_the_command_whose_code_comes_back(
    tmp_path: Path, number: signal.Signals
) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    ready = tmp_path / "ready"
    name = number.name.removeprefix("SIG")
    script = f"trap 'exit 42' {name}; touch {ready}; while :; do sleep 0.05; done"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, memory, "sh", "-c", script], start_new_session=True
    )
    try:
        assert met(ready.exists, 60)
        process.send_signal(number)
        assert process.wait(60) == 42
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert list(memory.iterdir()) == []


def test_one_that_takes_no_notice_of_signals_is_waited_for(tmp_path: Path) -> None:
    memory, ready = tmp_path / "memory", tmp_path / "ready"
    memory.mkdir()
    script = f"trap '' TERM; touch {ready}; read line; exit 3"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, memory, "sh", "-c", script],
        start_new_session=True,
        stdin=subprocess.PIPE,
    )
    try:
        assert met(ready.exists, 60)
        process.send_signal(signal.SIGTERM)
        assert psutil.Process(process.pid).children()
        assert len(list(memory.iterdir())) == 1
        process.communicate(b"\n", 30)
        assert process.returncode == 3
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert list(memory.iterdir()) == []
