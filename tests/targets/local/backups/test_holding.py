import os
import signal
import subprocess
import sys
import threading

import pytest

from uz.errors import BusyError, MachineError
from uz.targets.local.backups.holding import SHIPPING, backups_held, lock_path
from uz.targets.local.layout import Layout
from uz.targets.local.prepare import prepare_top
from uz.targets.local.state import locked
from uz.waiting import met

HOLD = """
import sys, time
from pathlib import Path
from uz.targets.local.backups.holding import backups_held
from uz.targets.local.layout import Layout
with backups_held(Layout(Path(sys.argv[1]), "shop", "trial"), "backup now"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _top(layout: Layout) -> None:
    prepare_top(layout)


def test_two_at_once_are_refused_and_the_first_one_is_named(layout: Layout) -> None:
    named = rf"`uz backup now \(process {os.getpid()}\)` works on"
    with (
        backups_held(layout, "backup now"),
        pytest.raises(BusyError, match=named),
        backups_held(layout, "restore"),
    ):
        pass
    with backups_held(layout, "restore"):
        pass
    assert lock_path(layout).stat().st_size == 0


def test_the_environment_itself_can_be_held_by_another_command(layout: Layout) -> None:
    with backups_held(layout, "backup now"), locked(layout, "up"):
        assert lock_path(layout) != layout.lock


def test_what_a_killed_command_held_is_free(layout: Layout) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(layout.home)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(BusyError), backups_held(layout, "restore"):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        with backups_held(layout, "restore"):
            pass
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_link_in_its_place_is_refused(layout: Layout) -> None:
    lock_path(layout).symlink_to("/dev/null")
    with pytest.raises(MachineError, match="symbolic link"), backups_held(layout, "backup now"):
        pass


def test_shipping_is_waited_for_by_who_is_not_patient(layout: Layout) -> None:
    """Nobody started it: it removes old backups now and then, which does not take long."""
    done = threading.Event()

    def hold() -> None:
        with backups_held(layout, SHIPPING):
            done.wait(0.3)

    other = threading.Thread(target=hold)
    other.start()
    assert met(lambda: lock_path(layout).exists() and lock_path(layout).stat().st_size > 0, 60)
    with backups_held(layout, "backup now"):
        pass
    other.join()


def test_who_is_patient_gets_it_when_the_other_is_done(layout: Layout) -> None:
    done = threading.Event()

    def hold() -> None:
        with backups_held(layout, "backup now"):
            done.wait(0.3)

    other = threading.Thread(target=hold)
    other.start()
    assert met(lambda: lock_path(layout).exists() and lock_path(layout).stat().st_size > 0, 60)
    with backups_held(layout, "backup verify", within=10):
        pass
    other.join()
