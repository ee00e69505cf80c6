import os
import subprocess

import pytest
from tests.scheduling.stand import NOON, Stand, ended

from uz.scheduling import leftover
from uz.scheduling.group import mark
from uz.scheduling.leftover import end_leftovers, settle
from uz.scheduling.lock import held, hold
from uz.scheduling.run import Outcome, Run
from uz.waiting import met


def test_what_runs_no_more_is_interrupted(stand: Stand) -> None:
    stand.plan()
    stand.journal.record(Run("backup", NOON))
    stand.journal.record(ended("drill", NOON))
    settle(stand.journal, stand.places)
    assert [run.outcome for run in stand.runs("backup")] == [Outcome.INTERRUPTED]
    assert [run.outcome for run in stand.runs("drill")] == [Outcome.DONE]


def test_what_still_runs_is_left_as_it_is(stand: Stand) -> None:
    stand.plan()
    stand.journal.record(Run("backup", NOON))
    lock = hold(stand.places.lock("backup"))
    assert lock is not None
    settle(stand.journal, stand.places)
    os.close(lock)
    assert [run.outcome for run in stand.runs("backup")] == [Outcome.RUNNING]


@pytest.mark.parametrize("script", ["sleep 60", "trap '' TERM; sleep 60; sleep 60"])
def test_a_group_that_was_left_is_ended_and_only_ones_own(
    stand: Stand, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftover, "GRACE", 0.5)
    stand.plan()
    both = [subprocess.Popen(["sh", "-c", script], start_new_session=True) for _ in range(2)]
    try:
        stand.journal.record(Run("backup", NOON, group=mark(both[0].pid)))
        stand.journal.record(Run("drill", NOON, group=mark(both[1].pid), by="somebody"))
        end_leftovers(stand.journal, stand.places)
        assert met(lambda: both[0].poll() is not None, 60)
        assert both[1].poll() is None
    finally:
        for one in both:
            one.kill()
            one.wait()


def test_what_was_started_and_not_recorded_is_found_by_the_lock_it_holds(stand: Stand) -> None:
    stand.plan()
    lock = hold(stand.places.lock("backup"))
    assert lock is not None
    script = "sleep 60 & exit"  # the leader is gone
    one = subprocess.Popen(["sh", "-c", script], start_new_session=True, pass_fds=(lock,))
    os.close(lock)
    one.wait()
    stand.journal.record(Run("backup", NOON))
    assert held(stand.places.lock("backup"))
    end_leftovers(stand.journal, stand.places)
    assert not held(stand.places.lock("backup"))
