import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from uz.checklist.syncs import count, synced, tree
from uz.testing import FakeEnvironment
from uz.waiting import met

TRACE = """\
411   fdatasync(8)                      = 0
412   fdatasync(8 <unfinished ...>
411   fsync(9)                          = -1 EIO (Input/output error)
412   <... fdatasync resumed>)          = 0
411   fsync(9)                          = 0
411   +++ killed by SIGKILL +++
"""
SYNCS = "import os,time\nf=os.open({path!r},os.O_WRONLY|os.O_CREAT)\n" + (
    "for i in range(600):\n os.write(f,b'x'); os.fsync(f); time.sleep(0.05)\n"
)


FORKS = "import os,time\nif os.fork() == 0:\n time.sleep(1)\n if os.fork() == 0:\n  pass\n" + (
    " f=os.open({path!r}+str(os.getpid()),os.O_WRONLY|os.O_CREAT)\n"
    " for i in range(600):\n  os.write(f,b'x'); os.fsync(f); time.sleep(0.05)\n"
    "time.sleep(60)\n"
)
"""A process with a child that syncs, and that soon has a child of its own that does."""


def test_syncs_that_ended_well_are_counted_and_failed_ones_are_not() -> None:
    assert count(TRACE) == 3


def test_an_empty_trace_has_no_syncs() -> None:
    assert count("") == 0


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_a_process_that_syncs_is_seen_to(tmp_path: object) -> None:
    script = SYNCS.format(path=f"{tmp_path}/file")
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        try:
            with synced(FakeEnvironment(), process.pid, 1) as seen:
                time.sleep(1)
        finally:
            process.kill()
    if not seen.problem:
        assert seen.count > 3
    else:
        assert os.geteuid(), seen.problem


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_processes_below_it_are_watched_those_there_before_and_those_to_come(
    tmp_path: Path,
) -> None:
    script = FORKS.format(path=f"{tmp_path}/file")
    with subprocess.Popen([sys.executable, "-c", script]) as process:
        try:
            assert met(lambda: len(tree(process.pid)) == 2, 60)
            with synced(FakeEnvironment(), process.pid, 3) as seen:
                assert met(lambda: len(list(tmp_path.iterdir())) == 2, 60)
                time.sleep(1)
            below = tree(process.pid)
        finally:
            for pid in tree(process.pid):
                os.kill(pid, signal.SIGKILL)
    assert len(below) == 3
    assert seen.count > 10 or os.geteuid(), seen.problem


def test_a_process_that_is_gone_has_nothing_below_it() -> None:
    assert tree(2**22 - 1) == (2**22 - 1,)


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_a_process_that_is_not_there_is_a_problem_and_not_a_zero() -> None:
    with synced(FakeEnvironment(), 2**22 - 1, 1) as seen:
        pass
    assert "may not watch" in seen.problem
