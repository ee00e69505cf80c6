"""A scheduler as a process of its own, with the clock of the machine, and what may happen to it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.scheduling.stand import EVERY_SECOND, YEARLY, Stand, alive, job

from uz.scheduling.run import Outcome
from uz.waiting import met

pytestmark = pytest.mark.live

HEAVY = ("pydantic", "boto3", "cryptography", "psutil", "hvac", "uz.spec", "uz.stack")


def pid_in(path: Path) -> int:
    assert met(lambda: path.exists() and path.read_text().endswith("\n"), 60)
    return int(path.read_text().split()[-1])


def test_it_imports_little() -> None:
    script = "import sys, uz.scheduling.__main__; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )
    assert not set(HEAVY) & set(done.stdout.split())


def test_it_runs_jobs_by_the_clock_until_it_is_told_to_end(stand: Stand) -> None:
    stand.plan(job("often", "echo x", EVERY_SECOND), job("once", "exit 3", YEARLY))
    one = stand.start()
    assert met(lambda: len(stand.over("often")) >= 3, 60)
    one.send_signal(signal.SIGTERM)
    assert one.wait(timeout=60) == 0
    assert [run.outcome for run in stand.runs("once")] == [Outcome.FAILED]
    starts = [run.started.replace(microsecond=0) for run in stand.runs("often")][1:]
    assert len(set(starts)) == len(starts)
    assert "2 jobs of shop/production" in stand.log
    assert "once: failed after" in stand.log


def test_a_sigterm_in_a_run_ends_the_run_too(stand: Stand) -> None:
    stand.plan(job("long", "echo $$ > pid; sleep 60 & wait"))
    one = stand.start()
    pid = pid_in(stand.root / "pid")
    one.send_signal(signal.SIGTERM)
    assert one.wait(timeout=60) == 0
    assert not alive(pid)
    assert [run.outcome for run in stand.runs("long")] == [Outcome.INTERRUPTED]


def test_killed_in_a_run_it_leaves_nothing_that_is_started_twice(stand: Stand) -> None:
    stand.plan(job("long", "echo $$ >> pids; sleep 60 & wait"))
    one = stand.start()
    first = pid_in(stand.root / "pids")
    one.kill()
    one.wait(timeout=60)
    assert met(lambda: not alive(first), 60)  # told by the kernel
    stand.start()
    assert met(lambda: len(stand.runs("long")) == 2, 60)
    outcomes = [(run.outcome, run.again) for run in stand.runs("long")]
    assert outcomes == [(Outcome.INTERRUPTED, False), (Outcome.RUNNING, True)]


def test_a_job_that_outlives_a_killed_scheduler_is_ended_before_it_starts_again(
    stand: Stand,
) -> None:
    script = "trap 'echo heard > heard' TERM; echo $$ >> pids; while :; do sleep 0.1; done"
    stand.plan(job("deaf", script))
    one = stand.start()
    first = pid_in(stand.root / "pids")
    one.kill()
    one.wait(timeout=60)
    assert met(lambda: (stand.root / "heard").exists(), 60)
    assert alive(first)
    (run,) = stand.runs("deaf")
    assert int(run.group.split()[1]) == first
    again = stand.start()
    try:
        assert met(lambda: len((stand.root / "pids").read_text().split()) == 2, 60)
        assert not alive(first)
    finally:
        again.kill()
        for pid in (stand.root / "pids").read_text().split():
            if alive(int(pid)):
                os.killpg(int(pid), signal.SIGKILL)


def test_a_second_scheduler_refuses_and_does_not_touch_what_runs(stand: Stand) -> None:
    stand.plan(job("long", "echo $$ > pid; sleep 60 & wait"))
    first = stand.start()
    pid = pid_in(stand.root / "pid")
    assert stand.start().wait(timeout=60) == 2
    assert "shop/production: its scheduler runs already" in stand.log
    assert first.poll() is None
    assert alive(pid)


def test_a_damaged_journal_does_not_stop_it(stand: Stand) -> None:
    stand.plan(job("once", "true"))
    stand.places.journal.write_text('{"format": 1, "jobs": {"once": [{"jo')
    stand.start()
    assert met(lambda: "once: done" in stand.log, 60)
    assert "damaged" in stand.log
    assert len(stand.over("once")) == 1
    assert stand.journal.set_aside.exists()


def test_without_jobs_it_ends_with_2_and_says_why(stand: Stand) -> None:
    stand.plan()
    stand.places.plan.write_text("{")
    assert stand.start().wait(timeout=60) == 2
    assert "jobs.json: damaged" in stand.log
    assert "Traceback" not in stand.log


def test_a_full_disk_does_not_stop_it(stand: Stand) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(stand.root)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, timeout=20).returncode:
        pytest.skip("this machine allows no mounts (CAP_SYS_ADMIN)")
    try:
        stand.plan(job("often", "echo x", EVERY_SECOND))
        one = stand.start()
        assert met(lambda: len(stand.over("often")) >= 1, 60)
        with (stand.root / "ballast").open("wb") as file:
            free = os.statvfs(stand.root)
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize)
        before = len(stand.over("often"))
        assert not met(lambda: len(stand.over("often")) > before + 1, 3)
        assert one.poll() is None
        (stand.root / "ballast").unlink()
        assert met(lambda: len(stand.over("often")) >= before + 3, 60)
        one.send_signal(signal.SIGTERM)
        assert one.wait(timeout=60) == 0
        assert "Traceback" not in stand.log
    finally:
        stand.end()
        subprocess.run(["umount", "--lazy", str(stand.root)], check=True, timeout=20)
