import subprocess
import sys
from pathlib import Path

import pytest

from uz.errors import BusyError, MachineError
from uz.targets.local.layout import Layout
from uz.targets.local.state import State, locked, read_state, write_state

STATE = State(
    kind="staging",
    project="/srv/shop",
    ports=(1, 2),
    public_ports=(2,),
    release="0003",
    order=("app-1", "edge"),
    applied={"edge": "abc"},
)


@pytest.fixture
def made(layout: Layout) -> Layout:
    layout.root.mkdir(parents=True)
    return layout


def test_what_is_written_is_read_again(made: Layout) -> None:
    write_state(made, STATE)
    assert read_state(made) == STATE


def test_an_environment_that_was_never_up_has_none(layout: Layout) -> None:
    assert read_state(layout) is None


def test_a_service_is_applied_or_forgotten_without_changing_the_rest() -> None:
    more = STATE.with_service("app-1", "def")
    assert more.applied == {"edge": "abc", "app-1": "def"}
    assert more.with_service("edge", None).applied == {"app-1": "def"}
    assert STATE.applied == {"edge": "abc"}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "1", "null", '{"format": 1}', '{"format": 1, "ports": 3}', "\xff"]
)
def test_a_damaged_state_says_what_to_do_and_what_is_not_lost(made: Layout, text: str) -> None:
    made.state.write_bytes(text.encode("latin-1"))
    with pytest.raises(MachineError, match=r"state\.json: damaged") as raised:
        read_state(made)
    assert "data, releases and secrets stay" in raised.value.hint


def test_the_state_of_another_version_is_refused(made: Layout) -> None:
    made.state.write_text('{"format": 2}')
    with pytest.raises(MachineError, match="format 2 is of another version of Uz"):
        read_state(made)


def test_a_folder_behind_a_link_is_refused(made: Layout, tmp_path: Path) -> None:
    write_state(made, STATE)
    made.root.rename(tmp_path / "elsewhere")
    made.root.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineError, match="is a symbolic link"):
        read_state(made)


def test_one_command_at_a_time_and_the_other_is_told_who_works(made: Layout) -> None:
    with (
        locked(made, "up --env trial"),
        pytest.raises(BusyError, match=r"shop/trial: `uz up --env trial \(process \d+\)`"),
        locked(made, "down"),
    ):
        pytest.fail("two at a time")
    with locked(made, "down"):
        pass


def test_the_lock_is_let_go_when_the_command_fails(made: Layout) -> None:
    with pytest.raises(ZeroDivisionError), locked(made, "up"):
        raise ZeroDivisionError
    with locked(made, "down"):
        pass


def test_the_lock_of_a_killed_command_is_free(made: Layout) -> None:
    script = (
        "import os, sys, pathlib\n"
        "from uz.targets.local.layout import Layout\n"
        "from uz.targets.local.state import locked\n"
        "with locked(Layout(pathlib.Path(sys.argv[1]), 'shop', 'trial'), 'up'):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(made.home)], timeout=30)
    assert done.returncode == -9
    with locked(made, "down"):
        pass


def test_two_environments_do_not_wait_for_each_other(made: Layout) -> None:
    with locked(made, "up"), locked(Layout(made.home, "shop", "live"), "up"):
        pass


def test_a_lock_behind_a_link_is_refused(made: Layout, tmp_path: Path) -> None:
    made.lock.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineError, match="is a symbolic link"), locked(made, "up"):
        pytest.fail("locked")
    assert not (tmp_path / "elsewhere").exists()
