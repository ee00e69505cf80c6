import os
import signal
import subprocess
from pathlib import Path

import psutil

from uz.targets.local.backups.private_process import Postmaster, found, stopped


def test_without_a_file_or_with_a_strange_one_nothing_is_found(tmp_path: Path) -> None:
    assert found(tmp_path) is None
    for text in ("", "x", "0\n", "-1\n", "999999999\n", f"{os.getpid()}\n"):
        (tmp_path / "postmaster.pid").write_text(text)
        assert found(tmp_path) is None


def test_what_ignores_the_gentle_ways_is_killed(tmp_path: Path) -> None:
    script = "trap '' INT QUIT; echo; while :; do sleep 0.1; done"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        one = Postmaster(tmp_path, psutil.Process(process.pid), process.poll)
        assert one.running
        stopped(one, 0.3)
        assert not one.running
        assert process.wait() in {-signal.SIGKILL, -signal.SIGQUIT}


def test_what_is_gone_is_not_stopped_again(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as process:
        one = Postmaster(tmp_path, psutil.Process(process.pid), process.poll)
    assert not one.running
    one.signal(signal.SIGINT)
    stopped(one, 1)
