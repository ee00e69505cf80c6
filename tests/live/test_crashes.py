"""kill -9, of anything and at any time: it comes back by itself, or with one `uz up`."""

import os
import re
import signal
import time
from pathlib import Path

import psutil
import pytest
from tests.live.stage import Stage, alive, holds_within, kill, listening

pytestmark = pytest.mark.live


@pytest.fixture
def up(stage: Stage) -> Stage:
    """A stack of the test's own that is up."""
    stage.up()
    return stage


def healthy(stage: Stage) -> bool:
    """Whether every service is."""
    return bool(stage.status()["healthy"])


def copies(stage: Stage) -> dict[str, int]:
    """How many processes there are of each kind."""
    words = [" ".join(process.cmdline()) for process in stage.processes()]
    kinds = ("supervisord", "server.py", "nginx: master", "log-rotation/loop")
    return {kind: sum(kind in word for word in words) for kind in kinds}


def slow_to_start(stage: Stage) -> None:
    """Have a single instance that takes two seconds to get ready."""
    stage.set("app.instances", 1)
    stage.set("app.env.SLOW_START", "2")


ONE_STACK = {"supervisord": 1, "server.py": 2, "nginx: master": 1, "log-rotation/loop": 1}


def test_an_instance_that_was_killed_comes_back_by_itself_unnoticed(up: Stage) -> None:
    victim = up.services()["app-1"]["pid"]
    kill(victim)
    assert [up.client().get("/whoami").status for _ in range(20)] == [200] * 20
    assert holds_within(60, lambda: healthy(up))
    assert up.services()["app-1"]["pid"] != victim
    assert copies(up) == ONE_STACK


def test_an_app_that_crashes_by_itself_comes_back_too(up: Stage) -> None:
    with pytest.raises(AssertionError):
        assert up.client().get("/crash").status == 200  # both instances are taken down by this
    assert holds_within(60, lambda: healthy(up))
    assert {one["restarts"] for name, one in up.services().items() if "app" in name} == {1}


def test_when_the_edges_master_is_killed_no_worker_keeps_the_port(up: Stage) -> None:
    master = up.services()["edge"]["pid"]
    workers = {child.pid for child in psutil.Process(master).children()}
    assert workers
    kill(master)
    assert holds_within(60, lambda: healthy(up))
    assert up.services()["edge"]["pid"] != master
    assert holds_within(60, lambda: not [pid for pid in workers if alive(pid)])
    assert copies(up) == ONE_STACK
    assert up.client().answers()


def test_when_a_worker_of_the_edge_is_killed_users_are_served_again_at_once(up: Stage) -> None:
    master = up.services()["edge"]["pid"]
    kill(psutil.Process(master).children()[0].pid)
    assert holds_within(60, up.client().answers)
    assert up.services()["edge"]["pid"] == master


def test_after_the_supervisor_was_killed_up_leaves_no_orphan_and_no_second_copy(up: Stage) -> None:
    before = {process.pid for process in up.processes()}
    kill(up.supervisord())
    assert up.status()["healthy"] is False
    up.up()
    assert up.client().answers()
    assert healthy(up)
    assert copies(up) == ONE_STACK
    assert not before & {process.pid for process in up.processes()}


def test_after_everything_was_killed_at_once_up_brings_it_back(up: Stage) -> None:
    left = up.processes()
    for process in left:
        kill(process.pid)
    psutil.wait_procs(left, timeout=5)
    assert not up.client().answers()
    done = up.up()
    assert "4 changed" in done.stdout
    assert healthy(up)
    assert copies(up) == ONE_STACK


@pytest.mark.slow
def test_a_stale_pid_file_or_socket_does_not_stop_up(up: Stage) -> None:
    run = up.root() / "run"
    up.uz("down")
    (run / "supervisord.pid").write_text(str(os.getpid()))
    (run / "edge/nginx.pid").write_text(str(os.getpid()))
    owner = (run / "edge").stat()
    os.chown(run / "edge/nginx.pid", owner.st_uid, owner.st_gid)
    (run / "supervisor.sock").unlink(missing_ok=True)
    (run / "supervisor.sock").write_text("")
    up.up()
    assert healthy(up)


def test_a_number_that_belongs_to_somebody_else_now_is_never_killed(up: Stage) -> None:
    bystander = psutil.Popen(["sleep", "60"], start_new_session=True, cwd="/")
    try:
        kill(up.supervisord())
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        (up.root() / "run/groups/app-1").write_text(f"{boot} {bystander.pid}\n")
        up.up()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


KILLED = (pytest.mark.slow, pytest.mark.soak)


@pytest.mark.parametrize(
    "after",
    [0.5, *(pytest.param(wait, marks=KILLED) for wait in (0.3, 0.4, 0.6, 0.7, 0.9, 1.2))],
)
def test_up_that_was_killed_in_the_middle_is_healed_by_the_next(stage: Stage, after: float) -> None:
    begun = stage.begin("up")
    time.sleep(after)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    stage.up()
    assert healthy(stage)
    assert copies(stage) == ONE_STACK
    assert "nothing changed" in stage.up().stdout


@pytest.mark.slow
@pytest.mark.parametrize("line", ["release 0002", "app-1", "app-2", "edge"])
def test_a_change_that_was_killed_in_the_middle_is_finished_by_the_next(
    up: Stage, line: str
) -> None:
    up.version("two")
    up.set("app.env.COLOUR", "green")
    up.set("edge.frame_options", "SAMEORIGIN")
    begun = up.begin("up")
    assert begun.stdout is not None
    while line not in (said := begun.stdout.readline()):
        assert said, "it ended before"
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    up.up()
    assert healthy(up)
    assert copies(up) == ONE_STACK
    assert up.client().get("/whoami").json()["version"] == "two"
    assert up.client().get("/environment").json()["COLOUR"] == "green"
    assert holds_within(60, lambda: up.client().get("/").headers["x-frame-options"] == "SAMEORIGIN")


def test_a_build_that_was_killed_leaves_no_half_made_release(stage: Stage) -> None:
    stage.set("app.build", ["touch begun", "sleep 30", "touch finished"])
    stage.commit()
    begun = stage.begin("up")
    place = stage.root() / "releases/0001"
    assert holds_within(60, (place / "begun").exists)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    stage.set("app.build", ["touch finished"])
    stage.commit()
    stage.up()
    told = stage.client().get("/whoami").json()
    assert (Path(told["folder"]) / "finished").exists()
    assert not (Path(told["folder"]) / "begun").exists()
    found = [path.name for path in (stage.root() / "releases").iterdir() if path.is_dir()]
    assert found == [told["release"]]


def test_of_two_ups_at_once_one_wins_and_the_other_names_it(stage: Stage) -> None:
    slow_to_start(stage)
    first = stage.begin("up")
    assert holds_within(60, (stage.home / "tiny/production.lock").exists)
    assert holds_within(60, lambda: (stage.home / "tiny/production.lock").read_text() != "")
    second = stage.uz("up")
    assert second.code == 2
    assert re.search(rf"`uz .*up \(process {first.pid}\)` is working on it", second.stderr)
    assert "next:" in second.stderr
    assert first.wait(60) == 0
    assert copies(stage) == ONE_STACK | {"server.py": 1}
    assert stage.uz("up").code == 0


@pytest.mark.slow
def test_the_lock_of_a_killed_command_holds_nobody_up(stage: Stage) -> None:
    slow_to_start(stage)
    first = stage.begin("up")
    lock = stage.home / "tiny/production.lock"
    assert holds_within(60, lambda: lock.exists() and lock.read_text())
    first.send_signal(signal.SIGKILL)
    first.wait()
    stage.up()


@pytest.mark.slow
def test_ctrl_c_ends_up_with_130_and_the_next_goes_on(stage: Stage) -> None:
    slow_to_start(stage)
    first = stage.begin("up")
    lock = stage.home / "tiny/production.lock"
    assert holds_within(60, lambda: lock.exists() and lock.read_text())
    time.sleep(0.5)
    first.send_signal(signal.SIGINT)
    assert first.wait(30) == 130
    assert "interrupted" in stage.uz("history").stdout
    stage.up()


@pytest.mark.slow
def test_no_port_is_left_behind_by_what_was_killed(up: Stage) -> None:
    left = {process.pid for process in up.processes()}
    assert listening(left)
    for pid in left:
        kill(pid)
    assert holds_within(60, lambda: not listening(left))


@pytest.mark.slow
def test_a_supervisor_that_is_stuck_is_named_after_a_while(up: Stage) -> None:
    stuck = up.supervisord()
    kill(stuck, signal.SIGSTOP)
    try:
        done = up.uz("up")
        assert done.code == 2
        assert "supervisord gives no answer within 10 s" in done.stderr
        assert up.client().answers()
    finally:
        kill(stuck, signal.SIGCONT)
    kill(stuck)
    up.up()
    assert healthy(up)
