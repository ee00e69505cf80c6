"""A full disk, at every point of `uz up`: it is told, nothing is lost, and with space it heals."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Stage

pytestmark = pytest.mark.live

PAGE = 4096
ROOM = 16 * 2**20


class Disk:
    """A small file system in memory, mounted on UZ_HOME."""

    def __init__(self, place: Path) -> None:
        """Mount it, with room."""
        self.place = place
        self._mount("-t", "tmpfs", "-o", f"size={ROOM},mode=711", "tmpfs")

    def _mount(self, *words: str) -> None:
        command = ["mount", *words, str(self.place)]
        subprocess.run(command, check=True, capture_output=True, timeout=20)

    def resize(self, size: int) -> None:
        """Make it larger or smaller, in bytes."""
        self._mount("-o", f"remount,size={size}")

    def leave(self, pages: int) -> None:
        """Fill it but for some pages."""
        free = os.statvfs(self.place).f_bfree - pages
        with (self.place / "ballast").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free * PAGE)

    def give_room(self) -> None:
        """Free what was filled."""
        (self.place / "ballast").unlink()

    def gone(self) -> None:
        """Take it away, whoever still uses it."""
        subprocess.run(["umount", "--lazy", str(self.place)], check=False, timeout=20)


@pytest.fixture
def disk(stage: Stage, as_root: None) -> Iterator[Disk]:
    """UZ_HOME on a disk of its own."""
    stage.set("app.instances", 1)
    stage.commit()
    stage.home.mkdir()
    try:
        mounted = Disk(stage.home)
    except subprocess.CalledProcessError:
        pytest.skip("this machine allows no mounts (CAP_SYS_ADMIN)")
    yield mounted
    stage.uz("down")
    mounted.gone()


def refused_or_up(stage: Stage) -> bool:
    """Try `uz up`: it works, or it says that the disk is full."""
    done = stage.uz("up")
    if done.code == 0:
        return True
    message = refused(done, "disk", "full", code=done.code)
    assert done.code in {1, 2}
    assert mentions_next(message), done
    return False


@pytest.mark.slow
@pytest.mark.parametrize("first", range(4))
def test_the_first_run_stops_anywhere_and_the_next_heals(
    stage: Stage, disk: Disk, first: int
) -> None:
    for pages in range(first, 40, 4):
        disk.leave(pages)
        came_up = refused_or_up(stage)
        disk.give_room()
        stage.up()
        assert stage.client().answers()
        assert stage.uz("down", "--delete-data", "--yes").code == 2  # it is production
        stage.uz("uninstall", "--yes")
        if came_up:
            break
    else:
        pytest.fail("40 pages of 4 KiB are not enough for a stack: the test is wrong")


@pytest.mark.parametrize("pages", [0, 1, 2, 3, 5, 8])
def test_a_stack_that_is_up_stays_up_and_keeps_its_secrets(
    stage: Stage, disk: Disk, pages: int
) -> None:
    stage.up()
    secrets = (stage.root() / "secrets.json").read_bytes()
    stage.version("two")
    stage.set("app.env.COLOUR", "red")
    disk.leave(pages)
    came_up = refused_or_up(stage)
    assert stage.client().answers()
    assert came_up or stage.client().get("/whoami").json()["version"] == "one"
    disk.give_room()
    stage.up()
    assert stage.client().get("/whoami").json()["version"] == "two"
    assert (stage.root() / "secrets.json").read_bytes() == secrets


def test_a_release_larger_than_the_disk_is_not_left_behind(stage: Stage, disk: Disk) -> None:
    stage.up()
    (stage.project / "large").write_bytes(bytes(2 * ROOM))
    stage.commit()
    refused(stage.uz("up"), "releases/0002: the disk is full")
    assert not (stage.root() / "releases/0002").exists()
    assert stage.client().answers()
    disk.resize(8 * ROOM)
    stage.up()
    assert stage.services()["app-1"]["release"] == "0002"


def test_proofs_and_status_say_that_the_disk_is_full(stage: Stage, disk: Disk) -> None:
    stage.up()
    disk.leave(0)
    done = stage.uz("status")
    assert done.code == 0, done
    refused(stage.uz("prove", "tls.terminated"), "disk is full")
    assert stage.uz("down").code in {0, 2}
