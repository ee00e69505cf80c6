"""The scripts are run by a real shell, with programs that only tell how they were called."""

import os
import re
import subprocess
from pathlib import Path
from typing import TypeAlias

import pytest

from uz.components.archive_scripts import (
    archive_script,
    room_script,
    settings,
    setup_script,
    stanza_script,
)
from uz.spec import Backups
from uz.testing import MACHINE, spec

Ended: TypeAlias = "subprocess.CompletedProcess[str]"

SEGMENT = "000000010000000000000007"
SCRIPTS = {
    "room": room_script(Backups()),
    "archive": archive_script(),
    "stanza": stanza_script(MACHINE),
    "setup": setup_script(MACHINE),
}


class Place:
    """An environment's folder with a repository, and programs that are none."""

    def __init__(self, root: Path) -> None:
        self.root, self.data = root, root / "data/database/database-1"
        self.repository = root / "data/repository/5f0a/database"
        self.bin = root / "bin"
        for folder in (self.data, self.repository, self.bin, root / "config/archive-setup"):
            folder.mkdir(parents=True)
        (root / "data/repository/current").write_text("5f0a\n")
        (root / "data/database/primary").write_text("database-1 20400\n")
        self.program("pgbackrest", f'echo "$@" >> {root}/called; exit $(cat {root}/code)')
        self.program("pg_controldata", "echo 'Database system identifier:           77'")
        self.ends(0)
        self.free(2**21)

    def program(self, name: str, script: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
        (self.bin / name).chmod(0o755)

    def ends(self, code: int) -> None:
        """What pgBackRest is to end with."""
        (self.root / "code").write_text(str(code))

    def free(self, kilobytes: int | str) -> None:
        """How much of the disk is free."""
        self.program("df", f"echo '   Avail'; echo '{kilobytes}'")

    def stanza(self) -> None:
        """The repository is ready."""
        for name in ("archive", "backup"):
            folder = self.repository / name / "main"
            folder.mkdir(parents=True)
            (folder / f"{name}.info").touch()

    def run(self, name: str, *words: str, cwd: Path | None = None) -> Ended:
        text = re.sub(r"^PATH=.*$", "", SCRIPTS[name], flags=re.MULTILINE)
        for inner in ("stanza", "room"):
            own = re.sub(r"^PATH=.*$", "", SCRIPTS[inner], flags=re.MULTILINE)
            (self.root / "config/archive-setup" / inner).write_text(own)
        return subprocess.run(
            ["sh", "-c", text, name, *words],
            cwd=cwd or self.root, capture_output=True, text=True, check=False, timeout=30,
            env={"PATH": f"{self.bin}:{os.environ['PATH']}"},
        )  # fmt: skip

    def archive(self, name: str = SEGMENT) -> Ended:
        return self.run("archive", f"pg_wal/{name}", name, cwd=self.data)

    @property
    def called(self) -> list[str]:
        path = self.root / "called"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_are_ones_that_a_shell_reads(name: str) -> None:
    done = subprocess.run(["sh", "-n"], input=SCRIPTS[name], text=True, check=False)
    assert done.returncode == 0


def test_a_segment_goes_into_the_current_repository(place: Place) -> None:
    place.stanza()
    done = place.archive()
    assert (done.returncode, done.stderr) == (0, "")
    words = place.called[0].split()
    assert words[-2:] == ["archive-push", f"pg_wal/{SEGMENT}"]
    assert f"--repo1-path={place.repository}" in words
    assert f"--pg1-path={place.data}" in words


def test_a_repository_that_was_begun_anew_is_made_ready_on_the_way(place: Place) -> None:
    place.archive()
    assert place.called[0].endswith(" stanza-create")
    assert (place.repository / "cluster").read_text() == "77\n"


@pytest.mark.parametrize("code", [1, 28, 55, 103])
def test_what_cannot_be_archived_is_tried_again(place: Place, code: int) -> None:
    place.stanza()
    place.ends(code)
    assert place.archive().returncode == code


def test_a_missing_repository_is_no_success(place: Place) -> None:
    place.repository.rmdir()
    assert place.archive().returncode == 1
    (place.root / "data/repository/current").unlink()
    assert place.archive().returncode == 1
    assert place.called == []


@pytest.mark.parametrize("name", ["00000002.history", f"{SEGMENT}.00000028.backup"])
def test_what_is_there_is_not_written_again_in_other_bytes(place: Place, name: str) -> None:
    place.stanza()
    folder = place.repository / "archive/main/15-1"
    folder.mkdir()
    (folder / name).touch()
    assert place.archive(name).returncode == 0
    assert place.called == []


def test_with_too_little_room_it_is_dropped_and_written_down_each_time(place: Place) -> None:
    place.stanza()
    place.free(2**18 - 1)  # 256 MiB are a quarter of the default
    following = f"{SEGMENT[:-1]}8"
    for name in (SEGMENT, following):
        done = place.archive(name)
        assert done.returncode == 0
        assert f"{name} is NOT archived: 255 MB free, 256 MB at least" in done.stderr
    lines = (place.root / "data/database/archive-gap").read_text().splitlines()
    assert [line.split()[0] for line in lines] == [SEGMENT, following]
    assert all(line.split()[1].isdigit() for line in lines)
    assert place.called == []


def test_nothing_is_dropped_that_cannot_be_written_down(place: Place) -> None:
    place.stanza()
    place.free(0)
    (place.root / "data/database/archive-gap").mkdir()
    assert place.archive().returncode == 1


@pytest.mark.parametrize("printed", ["", "-", "none"])
def test_where_the_room_cannot_be_told_it_is_archived(place: Place, printed: str) -> None:
    place.stanza()
    place.free(printed)
    assert place.archive().returncode == 0
    assert len(place.called) == 1


def test_the_repository_of_another_database_is_refused(place: Place) -> None:
    (place.repository / "cluster").write_text("78\n")
    done = place.run("stanza")
    assert done.returncode == 1
    assert "of another database" in done.stderr
    assert place.called == []


def test_the_setup_asks_for_one_file_of_the_log(place: Place) -> None:
    place.stanza()
    assert place.run("setup").returncode == 0
    assert place.called[-1].endswith(" check")
    assert f"--pg1-socket-path={place.root}/run/database" in place.called[-1]
    assert "--pg1-port=20400" in place.called[-1]


def test_without_room_the_setup_does_not_wait_for_any(place: Place) -> None:
    place.stanza()
    place.free(1000)
    done = place.run("setup")
    assert (done.returncode, place.called) == (0, [])
    assert "no log is archived now: 0 MB free" in done.stdout


def test_pgbackrests_file_says_whose_it_is() -> None:
    assert "shop (production)" in settings(spec(backups={"local": 1}))
