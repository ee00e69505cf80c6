import time
from dataclasses import replace
from pathlib import Path

import pytest

from uz.errors import MachineError, ProgramError
from uz.stack import Finished, Owner, Role, Service
from uz.targets.local.layout import Layout
from uz.targets.local.once import run_once

ONE = Service(
    name="migrate",
    role=Role.WORKER,
    owner=Owner.APP,
    command=("unused",),
    ready=Finished(),
    description="brings the schema up",
    start_timeout=20,
    in_release=True,
)


@pytest.fixture
def place(layout: Layout) -> Layout:
    """Folders for scripts and logs."""
    (layout.config / "services").mkdir(parents=True)
    layout.logs.mkdir(parents=True)
    return layout


def script(place: Layout, text: str) -> None:
    (place.config / "services" / "migrate").write_text(text + "\n")


def log(place: Layout) -> str:
    return (place.logs / "migrate.log").read_text()


def test_what_ends_well_is_timed_and_logged(place: Layout) -> None:
    script(place, "pwd; echo to the other >&2")
    assert 0 < run_once(place, ONE) < 20
    assert log(place).startswith("-- ")
    assert f"{place.root}\nto the other\n" in log(place)


def test_a_failure_tells_code_and_last_lines_of_this_run_alone(place: Layout) -> None:
    script(place, "echo the old words")
    run_once(place, ONE)
    script(place, "echo no such column; exit 3")
    with pytest.raises(ProgramError) as raised:
        run_once(place, ONE)
    assert "migrate failed with code 3, last lines of its log:\n" in str(raised.value)
    assert "    no such column" in str(raised.value)
    assert "the old words" not in str(raised.value)
    assert raised.value.hint.startswith("The running release goes on. ")
    assert str(place.logs / "migrate.log") in raised.value.hint


def test_of_what_is_not_the_release_nothing_is_said_about_the_release(place: Layout) -> None:
    script(place, "exit 1")
    with pytest.raises(ProgramError) as raised:
        run_once(place, replace(ONE, in_release=False))
    assert "release" not in raised.value.hint


def test_what_takes_too_long_is_killed_with_all_that_it_started(place: Layout) -> None:
    script(place, f"sleep 312 & echo $! > {place.root}/child; echo waiting; sleep 312")
    with pytest.raises(ProgramError, match=r"was stopped: still running after 0\.3 s") as raised:
        run_once(place, replace(ONE, start_timeout=0.3))
    assert "    waiting" in str(raised.value)
    child = Path(f"/proc/{(place.root / 'child').read_text().strip()}")
    end = time.monotonic() + 5
    while child.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not child.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_as_that(place: Layout) -> None:
    script(place, "true")
    (place.logs / "migrate.log").symlink_to("/dev/full")
    with pytest.raises(MachineError, match="the disk is full"):
        run_once(place, ONE)


def test_what_found_the_disk_full_is_told_so(place: Layout) -> None:
    script(place, "echo 'could not extend file: No space left on device'; exit 1")
    with pytest.raises(ProgramError, match="could not extend file") as raised:
        run_once(place, ONE)
    assert "is full: free some space" in raised.value.hint
    assert "The running release goes on" in raised.value.hint


def test_it_reads_nothing_from_the_terminal(place: Layout) -> None:
    script(place, "read -r answer || echo nobody there")
    run_once(place, ONE)
    assert "nobody there" in log(place)
