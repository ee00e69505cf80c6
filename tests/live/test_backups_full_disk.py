"""A full disk under backups: it is told, the app goes on, nothing is lost, and the next run heals.

UZ_HOME lies on a disk that is made smaller at once, also in the midst of something; the store is
elsewhere.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.live.lost_machine import ACCESS_KEY, a_site, covered
from tests.live.postgres import note, notes, own, with_database
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Ran, Stage, a_stage, holds_within, power_cut
from tests.live.test_full_disk import PAGE, Disk
from tests.live.test_restore import SHOW, left

from uz.scheduling.journal import Journal
from uz.scheduling.places import Places
from uz.scheduling.run import Outcome, Run

pytestmark = [pytest.mark.live, pytest.mark.slow]
MIB = 2**20
LARGE = 4 * 2**30
BALLAST = 96 * MIB
"""What cannot be made smaller in the database: neither a backup nor a restore fits into less."""
RESERVE = 64 * MIB
"""`backups.reserve`: without so much room no backup is taken, and without a quarter no log kept."""
LITTLE = RESERVE // 8
LOW = "less of the disk is free than backups.reserve: no backup is taken"
SINCE = "SELECT pg_postmaster_start_time()"


class Shrinking(Disk):
    """A disk that is full because it becomes smaller: at once, while it is written to."""

    def leave(self, pages: int) -> None:
        found = os.statvfs(self.place)
        self.resize((found.f_blocks - found.f_bfree) * found.f_frsize + pages * PAGE)

    def give_room(self) -> None:
        self.resize(LARGE)


@dataclass(frozen=True)
class Tight:
    """A stack that is up, on its disk."""

    stage: Stage
    disk: Shrinking

    def leave(self, room: int) -> None:
        """Leave so many bytes; the server has log files left to go on with for a while."""
        own(self.stage, "CHECKPOINT")
        self.disk.leave(room // PAGE)

    def room(self) -> int:
        """Bytes that are free."""
        return shutil.disk_usage(self.disk.place).free

    def restored(self, how: str, full_at: str) -> Ran:
        """`uz restore`, and the disk is full as soon as it says that this step begins."""
        run = self.stage.begin("restore", "--to", "latest", how, "--yes")
        assert run.stdout is not None
        for line in run.stdout:
            if line.split()[:1] == [full_at]:
                self.disk.leave(LITTLE // PAGE)
                break
        out, err = run.communicate(timeout=200)
        return Ran(run.returncode, out, err, 0)

    def heals(self) -> None:
        """With room a backup is taken, it is off-site, and all that is kept is whole."""
        self.disk.give_room()
        taken = self.unbusy("backup", "now", "--type", "full")
        assert taken.code == 0, taken
        assert self.stage.uz("backup", "list").code == 0
        # once the one before, with what the log lacks behind it, is gone from this machine
        assert holds_within(60, lambda: self.unbusy("backup", "verify").code == 0)

    def unbusy(self, *words: str) -> Ran:
        """Run a command when shipping removes nothing, and takes no backup of its own."""
        done: list[Ran] = []

        def free() -> bool:
            done.append(self.stage.uz(*words, timeout=200))
            return "works on the backups" not in done[-1].stderr

        assert holds_within(60, free), done[-1]
        return done[-1]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tight]:
    with a_tight_stack(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture
def tight(stack: Tight) -> Iterator[Tight]:
    yield stack
    stack.disk.give_room()


@contextmanager
def a_tight_stack(folder: Path) -> Iterator[Tight]:
    """One that is up, with backups at another place."""
    with a_stage() as stage, a_site(folder) as site:
        stage.home.mkdir(mode=0o711)
        try:
            disk = Shrinking(stage.home)
        except subprocess.CalledProcessError:
            pytest.skip("this machine allows no mounts (CAP_SYS_ADMIN)")
        disk.give_room()
        try:
            with_database(stage, replicas=0)
            keys = {"access_key": ACCESS_KEY, "secret_key": site.keys["adder"].reveal().decode()}
            (stage.project / ".secrets").mkdir()
            for key, value in keys.items():
                (stage.project / ".secrets" / key).write_text(value)
                stage.set(f"backups.{key}", f"ref+file://.secrets/{key}")
            place = {"offsite": "s3://vault", "endpoint": site.endpoint}
            more = {"authority": str(site.authority), "rpo": "20s", "reserve": "64MiB"}
            for key, value in (place | more).items():
                stage.set(f"backups.{key}", value)
            stage.commit()
            without_jobs(stage)
            stage.up()
            weighted(stage)
            made = Tight(stage, disk)
            made.heals()
            yield made
        finally:
            power_cut(stage)
            disk.gone()


def without_jobs(stage: Stage) -> None:
    """Have the scheduler begin nothing by itself: what was run just now is not due."""
    places, now = Places(stage.root()), datetime.now(UTC)
    places.journal.parent.mkdir(parents=True)
    for name in ("backup", "point", "drill", "verify"):
        assert Journal(places.journal).record(Run(name, now, Outcome.DONE, now))


def weighted(stage: Stage) -> None:
    """Put random bytes into the database."""
    file = stage.top / "ballast"
    file.write_bytes(os.urandom(BALLAST))
    file.chmod(0o644)
    own(stage, "CREATE TABLE ballast (content bytea);"
               " ALTER TABLE ballast ALTER content SET STORAGE EXTERNAL;"
               f" INSERT INTO ballast SELECT pg_read_binary_file('{file}')")  # fmt: skip


def untouched(tight: Tight, before: set[str]) -> None:
    """See that all is as it was before a restore, and that nothing is left of it."""
    root = tight.stage.root()
    assert tight.stage.client().answers()
    assert notes(tight.stage) == before
    assert not left(tight.stage)
    assert not (root / "data/restore").exists()
    assert not (root / "restore.json").exists()
    assert not list((root / "data/database").glob("before-restore/*"))


def test_below_the_reserve_no_backup_is_taken_and_with_room_it_is(tight: Tight) -> None:
    for room in (RESERVE // 2, 0):
        tight.leave(room)
        done = tight.unbusy("backup", "now")
        assert mentions_next(refused(done, "MiB of the disk are free", "none is taken"))
        assert LOW in tight.stage.uz("status").stdout
        assert tight.stage.client().answers()
        tight.disk.give_room()
    assert tight.unbusy("backup", "now", "--no-wait").code == 0


def test_a_full_one_that_would_fill_the_disk_is_refused_before_it_begins(tight: Tight) -> None:
    tight.leave(RESERVE + 8 * MIB)
    done = tight.unbusy("backup", "now", "--type", "full")
    assert mentions_next(refused(done, "the next one takes", "none is taken"))
    assert tight.room() > RESERVE


def test_a_backup_that_fills_the_disk_leaves_nothing_of_it_and_the_next_one_is_whole(
    tight: Tight,
) -> None:
    large = tight.stage.root() / "data/app/large"
    large.write_bytes(os.urandom(BALLAST))  # the database's part is small, and that of files is not
    tight.leave(RESERVE + 16 * MIB)
    done = tight.unbusy("backup", "now", "--type", "differential")
    assert mentions_next(refused(done, "the disk is full, restic says"))
    assert tight.room() > RESERVE, "what is left of it keeps the next one from being taken"
    assert tight.stage.client().answers()
    tight.heals()
    large.unlink()


@pytest.mark.parametrize("how", ["--scratch", "--in-place"])
def test_a_restore_without_room_is_refused_before_anything_is_touched(
    tight: Tight, how: str
) -> None:
    before = notes(tight.stage)
    since = own(tight.stage, SINCE)
    tight.leave(RESERVE + BALLAST // 2)
    done = tight.unbusy("restore", "--to", "latest", how, "--yes")
    assert mentions_next(refused(done, "the restore takes", "of the disk are free"))
    assert "backup" not in done.stdout.partition("without ")[2]
    assert "stopped" not in done.stdout
    untouched(tight, before)
    assert own(tight.stage, SINCE) == since


@pytest.mark.parametrize("step", ["recover", pytest.param("restore", marks=pytest.mark.soak)])
@pytest.mark.parametrize("how", ["--scratch", "--in-place"])
def test_a_restore_that_fills_the_disk_leaves_all_as_it_was(
    tight: Tight, how: str, step: str
) -> None:
    before = notes(tight.stage)
    done = tight.restored(how, step)
    tight.disk.give_room()
    assert mentions_next(refused(done, "the disk is full"))
    untouched(tight, before)


def test_without_room_for_log_the_app_goes_on_loudly_and_a_new_chain_begins(tight: Tight) -> None:
    stage, gap = tight.stage, tight.stage.root() / "data/database/archive-gap"
    tight.leave(LITTLE)
    note(stage, "without room")
    own(stage, "SELECT pg_switch_wal()")
    assert holds_within(60, gap.exists)
    status = stage.uz("status").stdout
    assert "the log of the database was dropped from" in status
    assert LOW in status
    refused(tight.unbusy("backup", "now"), "none is taken")
    assert "without room" in notes(stage)
    tight.disk.give_room()
    assert holds_within(90, lambda: not gap.exists()), "no backup was taken by itself"
    note(stage, "afterwards")
    written = datetime.now(UTC)
    assert holds_within(60, lambda: covered(stage) > written)
    assert "then a hole until" in stage.uz("backup", "list").stdout
    looked = tight.unbusy("restore", "--to", "latest", "--offsite", *SHOW)
    assert {"without room", "afterwards"} <= set(looked.stdout.splitlines()), looked


def test_with_room_again_the_database_is_put_back(tight: Tight) -> None:
    note(tight.stage, "with room")
    done = tight.unbusy("restore", "--to", "latest", "--in-place", "--yes")
    assert done.code == 0, done
    assert "with room" in notes(tight.stage)
