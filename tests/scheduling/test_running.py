import os
import re
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.scheduling.stand import FalseClock, Stand, alive, job

from uz.scheduling import running as module
from uz.scheduling.job import read_plan
from uz.scheduling.lock import held, hold
from uz.scheduling.run import Outcome, Run
from uz.scheduling.running import Running
from uz.waiting import met

Start = Callable[..., Running]


@pytest.fixture
def start(stand: Stand) -> Iterator[Start]:
    """Start a job that is a shell script; what runs is ended with the test."""
    begun: list[Running] = []
    recorded: list[Run] = []

    def begin(script: str, **more: Any) -> Running:
        stand.plan(job("backup", script, **more))
        one = read_plan(stand.places.plan, stand.root).job("backup")
        lock = hold(stand.places.lock("backup"))
        assert lock is not None
        environment = {"PATH": os.environ["PATH"], "ONLY": "this"}
        begun.append(Running(one, stand.places, FalseClock(), lock, environment, recorded.append))
        return begun[-1]

    yield begin
    for one in begun:
        one.close()


def end(one: Running, within: float = 60) -> Run:
    found: list[Run] = []

    def over() -> bool:
        while one.take():
            pass
        found.extend(filter(None, [one.ended()]))
        return bool(found)

    assert met(over, within)
    return found[0]


def test_what_it_did_is_recorded(stand: Stand, start: Start) -> None:
    run = end(start("echo out; echo err >&2; pwd; env | grep ONLY"))
    assert run.lines == ("out", "err", str(stand.root), "ONLY=this")
    assert (run.outcome, run.code, run.group) == (Outcome.DONE, 0, "")
    assert run.ended is not None
    log = stand.places.log("backup").read_text()
    assert log.startswith("== 2026-03-04 12:00:00 UTC: backup begins\nout\nerr\n")
    assert re.search(r"^== done after \d\.\d s \(exit code 0\)$", log, re.MULTILINE)


def test_it_is_recorded_before_anything_is_started(stand: Stand) -> None:
    stand.plan(job("backup", "touch begun; sleep 60"))
    one = read_plan(stand.places.plan, stand.root).job("backup")
    lock = hold(stand.places.lock("backup"))
    assert lock is not None
    seen: list[tuple[bool, bool]] = []

    def record(run: Run) -> None:
        seen.append((bool(run.group), (stand.root / "begun").exists()))

    environment = {"PATH": os.environ["PATH"]}
    Running(one, stand.places, FalseClock(), lock, environment, record).close()
    assert seen[0] == (False, False)
    assert seen[1][0]


def test_another_exit_code_is_a_failure(start: Start) -> None:
    run = end(start("echo why; exit 3"))
    assert (run.outcome, run.code, run.lines) == (Outcome.FAILED, 3, ("why",))


def test_a_program_that_is_not_there_has_failed(start: Start) -> None:
    run = end(start("", argv=["/no/such/program"]))
    assert run.outcome is Outcome.FAILED
    assert "/no/such/program" in run.lines[-1]


def test_one_that_takes_too_long_is_told_to_end(start: Start) -> None:
    run = end(start("trap 'echo bye; exit 0' TERM; sleep 60 & wait", timeout=0.2))
    assert (run.outcome, run.lines[-2:]) == (
        Outcome.LATE,
        ("stopped: it ran longer than 0.2 s", "bye"),
    )


def test_one_that_does_not_listen_is_killed_with_its_children(
    stand: Stand, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.3)
    one = start("trap '' TERM; sleep 60 & echo $! > child; wait; wait", timeout=0.2)
    assert met(lambda: (stand.root / "child").exists(), 60)
    run = end(one)
    assert (run.outcome, run.code) == (Outcome.LATE, -signal.SIGKILL)
    assert met(lambda: not alive(int((stand.root / "child").read_text())), 60)


def test_what_made_a_group_of_its_own_is_killed_too(
    stand: Stand, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.3)
    one = start("trap '' TERM; setsid sh -c 'echo $$ > child; sleep 60; true'; wait", timeout=0.2)
    assert met(lambda: (stand.root / "child").exists(), 60)
    assert end(one).outcome is Outcome.LATE
    assert met(lambda: not alive(int((stand.root / "child").read_text())), 60)


def test_what_a_job_leaves_behind_is_ended(stand: Stand, start: Start) -> None:
    run = end(start("sleep 60 & echo $! > child"))
    assert run.outcome is Outcome.DONE
    assert met(lambda: not alive(int((stand.root / "child").read_text())), 60)


def test_the_lock_is_held_until_the_end_is_recorded(stand: Stand, start: Start) -> None:
    one = start("true")
    end(one)
    assert held(stand.places.lock("backup"))
    one.close()
    assert not held(stand.places.lock("backup"))


def test_one_that_closed_its_output_runs_on(start: Start) -> None:
    one = start("exec >&- 2>&-; sleep 0.3; exit 4")
    assert met(lambda: one.take() == "" and one.descriptor is None, 60)
    assert end(one).code == 4


def test_much_output_does_not_stop_it(start: Start) -> None:
    run = end(start("yes | head -c 3000000; echo end"), within=30)
    assert (run.outcome, run.lines[-1]) == (Outcome.DONE, "end")


def test_one_that_was_stopped_is_interrupted_whatever_its_code(start: Start) -> None:
    one = start("trap 'exit 0' TERM; echo ready; sleep 60 & wait")
    assert met(lambda: "ready" in one.take(), 60)
    one.stop(Outcome.INTERRUPTED)
    assert end(one).outcome is Outcome.INTERRUPTED
