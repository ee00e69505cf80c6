import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.scheduling.stand import NOON, ended

from uz.scheduling.journal import KEPT, WITH_LINES, Journal
from uz.scheduling.run import Outcome, Run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.json"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 32 KiB."""
    place = tmp_path / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(command, capture_output=True, timeout=20).returncode:
        pytest.skip("this machine allows no mounts (CAP_SYS_ADMIN)")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True, timeout=20)


def at(minutes: int, **more: object) -> Run:
    return replace(ended("backup", NOON + timedelta(minutes=minutes)), **more)  # type: ignore[arg-type]


def test_nothing_is_known_of_what_never_ran(path: Path) -> None:
    assert Journal(path).runs() == {}
    assert not path.exists()


def test_the_end_of_a_run_takes_the_place_of_its_beginning(path: Path) -> None:
    begun = Run("backup", NOON)
    assert Journal(path).record(begun)
    assert Journal(path).runs() == {"backup": (begun,)}
    over = ended("backup", NOON, lines=("done",))
    assert Journal(path).record(over)
    assert Journal(path).runs() == {"backup": (over,)}


def test_a_second_run_of_the_same_time_is_another_one(path: Path) -> None:
    journal = Journal(path)
    for run in (Run("backup", NOON), at(0), Run("backup", NOON), at(0, code=3)):
        journal.record(run)
    assert Journal(path).runs() == {"backup": (at(0), at(0, code=3))}


def test_two_processes_lose_nothing_of_each_other(path: Path) -> None:
    script = (
        "import sys; from datetime import *; from pathlib import Path\n"
        "from uz.scheduling.journal import Journal; from uz.scheduling.run import Run\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for n in range(20): journal.record(Run(sys.argv[2], datetime(2026, 1, 1, 0, n,"
        " tzinfo=UTC)))"
    )
    both = [subprocess.Popen([sys.executable, "-c", script, str(path), name]) for name in "ab"]
    assert [one.wait(timeout=60) for one in both] == [0, 0]
    assert {name: len(runs) for name, runs in Journal(path).runs().items()} == {"a": 20, "b": 20}


def test_it_stays_small(path: Path) -> None:
    journal = Journal(path)
    for minutes in range(KEPT + 20):
        journal.record(at(minutes, lines=("x",)))
    found = Journal(path).runs()["backup"]
    assert len(found) == KEPT
    assert found[-1].started == NOON + timedelta(minutes=KEPT + 19)
    assert [bool(run.lines) for run in found] == [False] * (KEPT - WITH_LINES) + [True] * WITH_LINES
    assert path.stat().st_size < 64 * 1024


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"format": 2, "jobs": {}}', '{"format": 1, "jobs": [1]}', "[" * 100_000,
     '{"format": 1, "jobs": {"backup": [{}]}}', '{"format": 1, "jobs": {"backup": 1}}'],
)  # fmt: skip
def test_a_damaged_one_is_kept_beside_told_and_begun_anew(
    path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text(text)
    journal = Journal(path)
    assert journal.runs() == {}
    assert "damaged" in caplog.text
    assert journal.set_aside.read_text() == text
    assert journal.record(at(0))
    assert len(Journal(path).runs()["backup"]) == 1


def test_what_was_left_half_written_is_not_looked_at(path: Path) -> None:
    Journal(path).record(at(0))
    path.with_name(".journal.json.new").write_text('{"format": 1, "jo')
    assert len(Journal(path).runs()["backup"]) == 1
    assert Journal(path).record(at(1))
    assert sorted(one.name for one in path.parent.iterdir()) == [
        "journal.json",
        "journal.json.lock",
    ]


def test_on_a_full_disk_it_goes_on_in_memory_and_is_written_later(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(small_disk / "journal.json")
    assert journal.record(at(0))
    with (small_disk / "ballast").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, os.statvfs(small_disk).f_bavail * 4096)
    assert not journal.record(Run("backup", NOON + timedelta(minutes=1)))
    assert not journal.record(at(1, lines=("y",)))
    assert journal.trouble.endswith("journal.json: No space left on device")
    assert caplog.text.count("cannot be written") == 1
    assert journal.runs()["backup"] == (at(0), at(1, lines=("y",)))
    assert Journal(journal.path).runs()["backup"] == (at(0),)
    (small_disk / "ballast").unlink()
    assert journal.flush()
    assert journal.trouble == ""
    assert Journal(journal.path).runs()["backup"] == (at(0), at(1, lines=("y",)))


def test_one_that_cannot_be_read_is_told(path: Path) -> None:
    path.mkdir()
    journal = Journal(path)
    assert journal.runs() == {}
    assert journal.trouble == f"{path}: Is a directory"


def test_nobody_else_may_read_it(path: Path) -> None:
    Journal(path).record(at(0, outcome=Outcome.FAILED))
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["jobs"]["backup"][0]["outcome"] == "failed"
