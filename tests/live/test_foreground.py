"""`uz up --foreground`, as a service manager or a container uses it."""

import signal
import subprocess

import psutil
import pytest
from tests.live.stage import Stage, holds_within, kill

pytestmark = pytest.mark.live


@pytest.fixture
def staying(stage: Stage) -> "tuple[Stage, subprocess.Popen[str]]":
    """A stack whose `uz up --foreground` goes on."""
    stage.set("app.instances", 1)
    begun = stage.begin("up", "--foreground")
    assert holds_within(60, lambda: watches(begun.pid))
    return stage, begun


def watches(pid: int) -> bool:
    """Whether everything is up and the command has become the small process that waits."""
    return any("uz.targets.local.foreground" in word for word in psutil.Process(pid).cmdline())


Staying = tuple[Stage, "subprocess.Popen[str]"]


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_told_to_end_it_stops_everything_and_exits_with_0(
    staying: Staying, number: signal.Signals
) -> None:
    stage, begun = staying
    assert stage.client().answers()
    begun.send_signal(number)
    out, err = begun.communicate(timeout=30)
    assert begun.returncode == 0, err
    assert "production is down: 3 services stopped" in out
    assert stage.processes() == []
    assert stage.memory() == []


def test_it_ends_with_1_when_the_supervisor_dies(staying: Staying) -> None:
    stage, begun = staying
    kill(stage.supervisord())
    _, err = begun.communicate(timeout=60)
    assert begun.returncode == 1
    assert "supervisord is gone" in err
    stage.up()
    assert stage.client().answers()


@pytest.mark.slow
def test_while_it_waits_other_commands_work(staying: Staying) -> None:
    stage, begun = staying
    stage.set("app.env.COLOUR", "green")
    stage.up()
    assert stage.client().get("/environment").json()["COLOUR"] == "green"
    assert begun.poll() is None
    assert stage.uz("down").code == 0
    assert begun.wait(10) == 1


def test_it_is_small_and_brings_nothing_along(staying: Staying) -> None:
    _, begun = staying
    process = psutil.Process(begun.pid)
    assert process.memory_full_info().uss < 12 * 2**20
    assert process.children() == []
    assert not [one.path for one in process.open_files() if not one.path.startswith("/dev/")]


def test_what_cannot_come_up_ends_at_once_with_the_same_code_and_words(stage: Stage) -> None:
    stage.set("app.build", ["false"])
    done = stage.uz("up", "--foreground")
    assert done.code == 1
    assert "app.build, command 1 failed (exit code 1): false" in done.stderr
