"""Interrupted, killed and run twice at once: no traceback, nothing lost, the next run goes on."""

import json
import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count

import psutil
import pytest
from tests.live.refusals import refused
from tests.live.stage import Ran, Stage, holds_within

pytestmark = pytest.mark.live

SEED = random.randrange(2**32)


def ended(process: "subprocess.Popen[str]", timeout: float = 60) -> Ran:
    """Wait for a command that was begun."""
    out, err = process.communicate(timeout=timeout)
    return Ran(process.returncode, out, err, 0)


def interrupted(stage: Stage, number: int, after: float) -> bool:
    """Send `uz up` a signal after some seconds; say whether that was before its end."""
    process = stage.begin("up")
    try:
        process.wait(after)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    ran = ended(process)
    if ran.code == 0 or " is up: release " in ran.stdout:
        return False  # it was just ready
    assert ran.code == 130, ran
    assert "Traceback" not in ran.stderr, ran
    assert "uz: interrupted; run the command again to go on" in ran.stderr
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_says_so_and_the_next_heals(
    stage: Stage, number: signal.Signals
) -> None:
    stage.set("app.build", ["sleep 0.3"])
    stage.set("app.env.SLOW_START", "0.3")
    stage.commit()
    hits = 0
    for step in count(1):  # a little later every time, until it gets through
        came_through = not interrupted(stage, number, 0.25 + step * 0.2)
        hits += not came_through
        if came_through:
            break
    assert hits >= 3
    stage.up()
    assert stage.client().answers()
    trail = (stage.home / "tiny/audit.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in trail]
    assert [one["outcome"] for one in entries].count("interrupted") >= 1


def test_a_second_interrupt_does_not_show_a_traceback_either(stage: Stage) -> None:
    stage.set("app.build", ["sleep 5"])
    stage.commit()
    process = stage.begin("up")
    assert holds_within(60, lambda: (stage.root() / "releases" / "0001").exists())
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    ran = ended(process)
    assert ran.code in {130, -signal.SIGINT}, ran  # the same to a shell
    assert "Traceback" not in ran.stderr, ran
    stage.set("app.build", [])
    stage.commit()
    stage.up()


def test_an_interrupt_during_a_build_leaves_no_build_behind(stage: Stage) -> None:
    stage.set("app.build", ["sleep 4321"])
    stage.commit()
    process = stage.begin("up")
    assert holds_within(60, lambda: "sleep 4321" in commands(stage))
    process.send_signal(signal.SIGINT)
    assert ended(process).code == 130
    assert "sleep 4321" not in commands(stage)
    assert not (stage.root() / "releases" / "0001").exists()


def commands(stage: Stage) -> list[str]:
    """What runs for this stage; processes come and go while this looks."""
    found = []
    for one in stage.processes():
        with suppress(psutil.Error):
            found.append(" ".join(one.cmdline()))
    return found


def test_two_at_once_one_works_and_the_other_is_told(stage: Stage) -> None:
    stage.set("app.build", ["sleep 2"])
    stage.commit()
    first = stage.begin("up")
    assert holds_within(60, lambda: (stage.root() / "releases" / "0001").exists())
    for command in (("up",), ("down",), ("prove",), ("uninstall", "--yes")):
        message = refused(stage.uz(*command), "tiny/production: ", "is working on it")
        assert f" up (process {first.pid})" in message
    assert ended(first).code == 0
    assert stage.client().answers()


def test_of_many_at_once_at_least_one_wins_and_nobody_breaks_anything(stage: Stage) -> None:
    with ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(lambda _: stage.uz("up"), range(4)))
    assert {one.code for one in ran} <= {0, 2}
    assert 0 in {one.code for one in ran}, ran
    for one in ran:
        assert one.code == 0 or "is working on it" in one.stderr, one
    assert stage.client().answers()
    assert stage.uz("down").code == 0


@pytest.mark.slow
def test_killed_at_fifteen_random_moments_it_always_heals(stage: Stage) -> None:
    stage.up()
    secrets = (stage.root() / "secrets.json").read_bytes()
    chance = random.Random(SEED)
    for turn in range(15):
        stage.version(f"turn-{turn}")
        stage.set("app.env.TURN", str(turn))
        process = stage.begin("up")
        time.sleep(chance.uniform(0.1, 2.0))
        process.kill()
        process.communicate()
        stage.up()
        said = stage.client().get("/whoami").json()
        assert said["version"] == f"turn-{turn}", f"seed {SEED}"
        assert stage.status()["healthy"], f"seed {SEED}"
    assert (stage.root() / "secrets.json").read_bytes() == secrets
    assert len(list((stage.root() / "releases").glob("*.json"))) <= 6
    assert sum("server.py" in one for one in commands(stage)) == 2


@pytest.mark.slow
def test_killed_during_the_very_first_run_it_heals_too(stage: Stage) -> None:
    chance = random.Random(SEED)
    for _ in range(6):
        process = stage.begin("up")
        time.sleep(chance.uniform(0.1, 1.5))
        process.kill()
        process.communicate()
        stage.up()
        assert stage.client().answers(), f"seed {SEED}"
        assert stage.uz("uninstall", "--yes").code == 0
        assert stage.memory() == []
        assert commands(stage) == []
