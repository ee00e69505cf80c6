"""How a service is doing; of processes that supervisord runs it is tested in tests/live."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from uz.environment import ServiceStatus
from uz.stack import Listen, Stack
from uz.targets.local.layout import Layout
from uz.targets.local.status import replaced, service_status
from uz.targets.local.supervise import ProcessState
from uz.testing import MACHINE


def seen(
    layout: Layout, stack: Stack, name: str, state: str = "RUNNING", pid: int = 0
) -> ServiceStatus:
    process = ProcessState(name, state, pid, 3.5, 0, "")
    return service_status(layout, stack.service(name), process, MACHINE)


def test_a_process_that_runs_has_figures(prepared: Layout, stack: Stack) -> None:
    one = seen(prepared, stack, "log-rotation", pid=os.getpid())
    assert (one.running, one.healthy, one.uptime, one.pid) == (True, True, 3.5, os.getpid())
    assert one.memory is not None
    assert one.memory > 2**20
    assert not one.replaced_on_disk


def test_one_that_does_not_has_none_and_says_why(prepared: Layout, stack: Stack) -> None:
    one = seen(prepared, stack, "log-rotation", "FATAL")
    assert (one.running, one.healthy, one.detail) == (False, False, "does not run (fatal)")
    assert (one.pid, one.uptime, one.memory) == (None, None, None)


def test_one_that_supervisord_does_not_know_says_so(prepared: Layout, stack: Stack) -> None:
    one = service_status(prepared, stack.service("edge"), None, MACHINE)
    assert (one.running, one.detail, one.version) == (False, "does not run", "1.22.1")


def test_addresses_say_what_is_public(prepared: Layout, stack: Stack) -> None:
    assert seen(prepared, stack, "app-1").address == "127.0.0.1:23100"
    assert seen(prepared, stack, "edge").address == "*:23443, *:23080, 127.0.0.1:23081"


def test_of_many_ports_the_first_stands_for_all(prepared: Layout, stack: Stack) -> None:
    many = replace(stack.service("log-rotation"), listens=tuple(map(Listen, range(22840, 22851))))
    one = service_status(prepared, many, None, MACHINE)
    assert one.address == "127.0.0.1:22840 and 10 more"


def test_restarts_are_the_starts_after_the_first(prepared: Layout, stack: Stack) -> None:
    assert seen(prepared, stack, "app-1").restarts == 0
    (prepared.groups / "app-1.starts").write_text("one\ntwo\nthree\n")
    assert seen(prepared, stack, "app-1").restarts == 2


def test_the_release_is_the_one_its_link_leads_to(prepared: Layout, stack: Stack) -> None:
    assert seen(prepared, stack, "app-1").release == ""
    (prepared.active / "app-1").symlink_to(prepared.releases / "0007")
    assert seen(prepared, stack, "app-1").release == "0007"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A program of the test's own, and the id of a process that runs it."""
    path = tmp_path / "program"
    shutil.copy2(shutil.which("sleep") or "/bin/sleep", path)
    with subprocess.Popen([path, "60"]) as process:
        yield path, process.pid
        process.kill()


@pytest.mark.parametrize("replacement", ["removed", "another"])
def test_a_program_that_was_replaced_on_disk_is_noticed(
    program: tuple[Path, int], replacement: str
) -> None:
    path, pid = program
    assert not replaced(pid)
    if replacement == "another":
        shutil.copy2(path, path.with_name("new"))
        path.with_name("new").replace(path)
    else:
        path.unlink()
    assert replaced(pid)


def test_a_process_that_is_gone_was_not_replaced() -> None:
    assert not replaced(4194999)
