"""Waiting for a process to end; that `uz down` follows is tested in tests/live."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from uz.targets.local.foreground import ended
from uz.waiting import met


def test_it_ends_with_1_when_supervisord_is_gone(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text("4194999")
    words = [sys.executable, "-m", "uz.targets.local.foreground", str(tmp_path / "pid"), "down"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (1, "uz: supervisord is gone\n")


def test_told_to_stop_it_becomes_the_command_that_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(str(os.getpid()))
    words = [
        sys.executable,
        "-m",
        "uz.targets.local.foreground",
        str(tmp_path / "pid"),
        "--version",
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert met(lambda: _handles_sigterm(process.pid), 60)
        process.terminate()
        out, _ = process.communicate(timeout=30)
    assert out.startswith("uz ")


def _handles_sigterm(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_a_process_that_nobody_has_noticed_to_be_dead_has_ended() -> None:
    with subprocess.Popen(["true"]) as process:
        assert met(lambda: ended(process.pid), 60)
    assert ended(process.pid)
    assert not ended(os.getpid())
