import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from uz.scheduling.group import _members, descendants, lives, mark, mark_of_member, send
from uz.waiting import met


@pytest.fixture
def process() -> Iterator["subprocess.Popen[bytes]"]:
    one = subprocess.Popen(["sh", "-c", "sleep 60 & wait"], start_new_session=True)
    yield one
    one.kill()
    one.wait()


def test_a_group_is_told_to_end(process: "subprocess.Popen[bytes]") -> None:
    group = mark(process.pid)
    assert lives(group)
    assert send(group, signal.SIGTERM)
    assert met(lambda: not lives(group), 60)  # a zombie, as nobody has taken notice
    assert not send(group, signal.SIGTERM)
    process.wait()
    assert mark(process.pid) == ""


def _numbers(group: int) -> list[int]:
    told = subprocess.run(["ps", "-o", "pid=", "-g", str(group)], capture_output=True, text=True)
    return [int(word) for word in told.stdout.split()]


def test_the_caller_s_own_group_is_nobody_s() -> None:
    assert mark_of_member(os.getpid()) == ""
    assert mark_of_member(2**22 + 1) == ""


def test_a_group_lives_on_without_its_leader(process: "subprocess.Popen[bytes]") -> None:
    group = mark(process.pid)
    assert met(lambda: len([*_members(process.pid)]) == 2, 60)
    process.kill()
    process.wait()
    assert lives(group)
    (member,) = _numbers(process.pid)
    assert lives(mark_of_member(member))
    assert send(group, signal.SIGKILL)
    assert met(lambda: not lives(group), 60)


def test_another_process_of_the_same_number_is_left_alone(
    process: "subprocess.Popen[bytes]",
) -> None:
    boot, pid, start = mark(process.pid).split()
    for other in (f"{boot} {pid} {int(start) - 1}", f"other-boot {pid} {start}"):
        assert not lives(other)
        assert not send(other, signal.SIGKILL)
    assert process.poll() is None


@pytest.mark.parametrize("nothing", ["", "x", "a b c", "boot {own} 1", "a -1 2"])
def test_what_is_no_mark_is_nobody(nothing: str) -> None:
    mark = nothing.format(own=os.getpid())
    assert not lives(mark)
    assert not send(mark, signal.SIGKILL)


def test_descendants_are_children_and_theirs() -> None:
    script = "setsid sh -c 'sleep 60 & wait' & wait"
    one = subprocess.Popen(["sh", "-c", script], start_new_session=True)
    try:
        assert met(lambda: len(descendants(one.pid)) == 2, 60)
    finally:
        for pid in [*descendants(one.pid), one.pid]:
            os.kill(pid, signal.SIGKILL)
        one.wait()
    assert descendants(one.pid) == []
