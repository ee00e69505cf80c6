import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from uz import shell
from uz.errors import ProgramError
from uz.shell import background, checked, run, started, streamed
from uz.waiting import met

PATH = os.environ["PATH"]


def test_what_a_program_prints_and_its_code_come_back() -> None:
    done = run(["sh", "-c", "echo out; echo err >&2; exit 3"], timeout=10)
    assert (done.stdout, done.stderr, done.code, done.ok) == ("out\n", "err\n", 3, False)


def test_words_are_words_whatever_they_hold() -> None:
    hostile = "$(id) `id` ; | & ' \" \n é"
    assert run(["printf", "%s", hostile], timeout=10).stdout == hostile


def test_it_reads_what_it_is_given_and_else_nothing() -> None:
    assert run(["cat"], timeout=10, stdin="given").stdout == "given"
    assert run(["cat"], timeout=10).stdout == ""


def test_folder_and_environment_are_the_callers(tmp_path: Path) -> None:
    done = run(["sh", "-c", "pwd; env"], timeout=10, cwd=tmp_path, environment={"ONLY": "this"})
    assert done.stdout.splitlines()[0] == str(tmp_path)
    assert "ONLY=this" in done.stdout
    assert "HOME=" not in done.stdout


def test_output_can_go_to_a_log(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        done = run(["sh", "-c", "echo out; echo err >&2"], timeout=10, log_to=log)
    assert (tmp_path / "log").read_text() == "out\nerr\n"
    assert (done.stdout, done.stderr) == ("", "")


def test_bytes_that_are_no_text_do_not_stop_it() -> None:
    assert run(["printf", r"\377"], timeout=10).stdout == "�"


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(ProgramError, match="no-such-program: not found") as raised:
        run(["no-such-program"], timeout=10)
    assert "uz doctor" in raised.value.hint


def test_a_folder_that_is_not_there_is_named_instead_of_the_program(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="gone: not found"):
        run(["true"], timeout=10, cwd=tmp_path / "gone")


def test_a_file_that_is_no_program_cannot_be_started(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("")
    with pytest.raises(ProgramError, match="Permission denied"):
        run([tmp_path / "text"], timeout=10)


def test_a_program_that_does_not_end_is_stopped_with_all_its_children(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/pid; wait"
    with pytest.raises(ProgramError, match=r"after 0\.3 s"):
        run(["sh", "-c", script], timeout=0.3)
    child = int((tmp_path / "pid").read_text())
    assert met(lambda: not alive(child), 60)


def test_children_that_outlive_their_parent_are_stopped_too(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/pid"
    with pytest.raises(ProgramError, match="after 0.3 s"):
        run(["sh", "-c", script], timeout=0.3)
    assert met(lambda: not alive(int((tmp_path / "pid").read_text())), 60)


def test_one_that_left_the_group_with_the_output_open_is_not_waited_for() -> None:
    begun = time.monotonic()
    with pytest.raises(ProgramError, match="after 0.3 s"):
        run(["sh", "-c", "setsid sleep 4 & sleep 60"], timeout=0.3)
    assert time.monotonic() - begun < 3


def test_an_interrupt_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[int] = []

    def interrupted(process: "subprocess.Popen[str]", *_: object, **__: object) -> None:
        started.append(process.pid)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(["sleep", "60"], timeout=60)
    assert not alive(started[0])


def test_a_program_that_must_succeed_says_its_last_lines_when_it_does_not() -> None:
    assert checked(["echo", "fine"], timeout=10) == "fine\n"
    with pytest.raises(ProgramError, match=r"sh -c echo why >&2; exit 4 failed \(4\):\nwhy"):
        checked(["sh", "-c", "echo why >&2; exit 4"], timeout=10)


def test_the_tail_prefers_errors_and_is_bounded() -> None:
    done = run(["sh", "-c", "echo out; seq 100 >&2"], timeout=10)
    assert done.tail(2) == "99\n100"
    assert run(["echo", "out"], timeout=10).tail() == "out"


def test_a_program_in_the_background_is_the_callers_to_end() -> None:
    process = background(["sleep", "60"])
    assert alive(process.pid)
    process.kill()
    process.wait()
    assert not alive(process.pid)


def test_one_on_the_users_terminal_gives_its_code() -> None:
    assert shell.attached(["sh", "-c", "exit 5"]) == 5


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE and os.getpgid(pid) > 0
    except (psutil.NoSuchProcess, ProcessLookupError):
        return False


def test_one_in_the_callers_place_sees_its_environment_and_gives_its_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OUTSIDE", "kept")
    script = 'test "$OUTSIDE $GIVEN" = "kept too" && exit 5'
    assert shell.in_place(["sh", "-c", script], {"GIVEN": "too"}) == 5
    assert shell.in_place(["sh", "-c", "kill -KILL $$"], {}) == 128 + signal.SIGKILL


def test_one_in_the_callers_place_gets_its_signals_and_handlers_come_back(tmp_path: Path) -> None:
    def outer(_number: int, _frame: object) -> None:
        pytest.fail("it was for the program")

    before = signal.signal(signal.SIGUSR1, outer)
    try:
        script = f"trap 'exit 6' USR1; kill -USR1 {os.getpid()}; while :; do sleep 0.05; done"
        assert shell.in_place(["sh", "-c", script], {}) == 6
        assert signal.getsignal(signal.SIGUSR1) is outer
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_what_is_ignored_stays_ignored_for_one_in_the_callers_place() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        script = f"kill -HUP {os.getpid()}; kill -HUP $$; exit 7"
        assert shell.in_place(["sh", "-c", script], {}) == 7
    finally:
        signal.signal(signal.SIGHUP, before)


def test_one_that_cannot_take_the_callers_place_is_named() -> None:
    with pytest.raises(ProgramError, match="no-such-program: cannot be started"):
        shell.in_place(["no-such-program"], {})


def test_what_a_program_prints_can_be_read_while_it_runs() -> None:
    with streamed(["sh", "-c", "echo first; cat /dev/zero | head -c 3000000"], timeout=10) as out:
        assert out.readline() == b"first\n"
        assert len(out.read()) == 3_000_000


def read(words: list[str], timeout: float, most: int = 2**62) -> None:
    """Read what a program prints, and give up when it was too much."""
    with streamed(words, timeout=timeout) as out:
        while got := len(out.read(2**16)):
            most -= got
            if most < 0:
                raise RuntimeError("enough")


def test_a_program_whose_output_was_read_has_to_succeed() -> None:
    with pytest.raises(ProgramError, match=r"sh: failed \(3\)\nwhy"):
        read(["sh", "-c", "echo some; echo why >&2; exit 3"], 10)
    with pytest.raises(ProgramError, match="cannot be started"):
        read(["/none"], 10)


def test_a_program_that_prints_too_long_is_ended_with_its_children() -> None:
    with pytest.raises(ProgramError, match=r"still running after 0\.3 s"):
        read(["sh", "-c", "yes & wait"], 0.3)


def test_a_program_that_nobody_reads_any_more_is_ended(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="enough"):
        read(["sh", "-c", f"echo $$ > {tmp_path}/pid; exec yes"], 60, most=10)
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


ON_A_TERMINAL = """
import os, sys
from uz.shell import in_place
os.close(os.open(os.ttyname(0), os.O_RDWR))  # a session without a terminal takes the first it opens
sys.exit(in_place(sys.argv[1:], {}))
"""


def test_what_the_keyboard_interrupts_is_told_once(tmp_path: Path) -> None:
    """The terminal tells the whole foreground: were it passed on too, it would come twice."""
    ours, theirs = os.openpty()
    count, go = tmp_path / "count", tmp_path / "go"
    script = (
        f"trap 'echo x >> {count}' INT; echo ready; until test -e {go}; do sleep 0.02; done; exit 8"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, "sh", "-c", script],
        stdin=theirs, stdout=theirs, start_new_session=True,
    )  # fmt: skip
    try:
        assert b"ready" in os.read(ours, 100)
        os.write(ours, b"\x03")
        assert met(count.exists, 60)
        go.touch()
        assert process.wait(60) == 8
        assert count.read_text() == "x\n"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        os.close(ours)
        os.close(theirs)


def test_a_program_that_was_started_is_read_and_ended(tmp_path: Path) -> None:
    one = started(["sh", "-c", "pwd; env; sleep 60"], cwd=tmp_path, environment={"PATH": PATH})
    try:
        said = b""

        def heard() -> bool:
            nonlocal said
            with suppress(BlockingIOError):
                said += os.read(one.output, 4096)
            return b"PATH=" in said

        assert met(heard, 60)
        assert said.startswith(f"{tmp_path}\n".encode())
        assert one.ended() is None
        one.signal(signal.SIGTERM)
        assert met(lambda: one.ended() == -signal.SIGTERM, 60)
        one.signal(signal.SIGTERM)  # nobody is there any more
    finally:
        one.close()


def test_what_a_started_program_leaves_is_killed_when_its_end_is_noticed(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/pid"
    one = started(["sh", "-c", script], cwd=tmp_path, environment={"PATH": PATH})
    try:
        assert met(lambda: one.ended() == 0, 60)
        assert met(lambda: not alive(int((tmp_path / "pid").read_text())), 60)
    finally:
        one.close()


def test_a_started_program_is_told_to_end_when_its_starter_dies(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from uz.shell import started\n"
        "one = started(['sleep', '60'], cwd=Path('/'), environment={'PATH': os.environ['PATH']})\n"
        "print(one.pid, flush=True); sys.stdin.read()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        assert met(lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n", 60)
        starter.kill()
    assert met(lambda: not alive(pid), 60)


def test_one_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="cannot be started"):
        started(["true"], cwd=tmp_path / "gone", environment={"PATH": PATH})
