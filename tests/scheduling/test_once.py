import os
import signal
from typing import Any

import pytest
from tests.scheduling.stand import Stand, alive, job

from uz.errors import BusyError
from uz.scheduling.job import read_plan
from uz.scheduling.lock import held, hold
from uz.scheduling.once import run_now
from uz.scheduling.run import Outcome, Run


def run(stand: Stand, script: str, shown: list[str], **more: Any) -> Run:
    stand.plan(job("backup", script, **more))
    one = read_plan(stand.places.plan, stand.root).job("backup")
    return run_now(one, stand.places, {"PATH": os.environ["PATH"]}, shown.append, "ann")


def test_it_shows_what_is_printed_and_records_who_wanted_it(stand: Stand) -> None:
    shown: list[str] = []
    done = run(stand, "echo one; echo two; exit 3", shown)
    assert "".join(shown) == "one\ntwo\n"
    assert (done.outcome, done.code, done.by) == (Outcome.FAILED, 3, "ann")
    assert stand.runs("backup") == (done,)
    assert not held(stand.places.lock("backup"))


def test_a_job_that_runs_is_left_alone(stand: Stand) -> None:
    stand.plan()
    lock = hold(stand.places.lock("backup"))
    assert lock is not None
    with pytest.raises(BusyError, match="backup: runs already"):
        run(stand, "true", [])
    os.close(lock)
    assert stand.runs("backup") == ()


def test_interrupted_it_ends_the_job_and_records_that(stand: Stand) -> None:
    def interrupt(_text: str) -> None:
        raise KeyboardInterrupt

    stand.plan(job("backup", "echo $$ > pid; echo ready; sleep 60 & wait"))
    one = read_plan(stand.places.plan, stand.root).job("backup")
    with pytest.raises(KeyboardInterrupt):
        run_now(one, stand.places, {"PATH": os.environ["PATH"]}, interrupt, "ann")
    assert [run.outcome for run in stand.runs("backup")] == [Outcome.INTERRUPTED]
    assert not alive(int((stand.root / "pid").read_text()))


def test_it_ends_at_its_limit(stand: Stand) -> None:
    done = run(stand, "sleep 60", [], timeout=0.2)
    assert (done.outcome, done.code) == (Outcome.LATE, -signal.SIGTERM)
