"""Databases that are not as they should be: it is told, nothing is lost, and the next run heals."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil
import pytest
from tests.live.postgres import (
    MIGRATE,
    a_stage_with_database,
    data,
    note,
    notes,
    own,
    same_on_both,
    with_database,
    write_much,
)
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Stage, holds_within, kill, power_cut

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def below() -> Iterator[Stage]:
    """A stack that was taken down: each test spoils its data, and puts it right again."""
    with a_stage_with_database() as one:
        note(one, "kept")
        assert one.uz("down").code == 0
        yield one


@pytest.fixture(scope="module")
def served() -> Iterator[Stage]:
    """A stack that is up, and stays so whatever migrations come."""
    with a_stage_with_database() as one:
        note(one, "kept")
        yield one


def another_version(folder: Path) -> Callable[[], object]:
    """Data of a version that this machine does not have."""
    path, kept = folder / "PG_VERSION", (folder / "PG_VERSION").read_text()
    path.write_text("14\n")
    return lambda: path.write_text(kept)


def half_made(folder: Path) -> Callable[[], object]:
    """Data of which the first part is missing."""
    path = folder / "PG_VERSION"
    aside = path.rename(folder.parent / "aside")
    return lambda: aside.rename(path)


def a_file(folder: Path) -> Callable[[], object]:
    """A file where the folder should be."""
    aside = folder.rename(folder.parent / "aside")
    folder.write_text("what is this?")

    def put_right() -> None:
        folder.unlink()
        aside.rename(folder)

    return put_right


def lost(folder: Path) -> Callable[[], object]:
    """No data at all, while the standby has its own."""
    aside = folder.rename(folder.parent / "aside")
    return lambda: aside.rename(folder)


def another_owner(folder: Path) -> Callable[[], object]:
    """Data that was copied by somebody else."""
    before = folder.stat()
    os.chown(folder, 65534, 65534)
    return lambda: os.chown(folder, before.st_uid, before.st_gid)


def a_standby(folder: Path) -> Callable[[], object]:
    """A primary whose data says that it follows."""
    (folder / "standby.signal").touch()
    return (folder / "standby.signal").unlink


@pytest.mark.parametrize(
    ("spoil", "said"),
    {
        another_version: "database-1 was made by PostgreSQL 14, and this is",
        half_made: "database-1 holds no data of PostgreSQL: ",
        a_file: "database-1 is no folder: move it away",
        lost: "database-1 is gone, and data/database/database-2 is there: `uz failover`",
        another_owner: "database-1 belongs to another user: chown -R ",
        a_standby: "database-1 is a standby's",
    }.items(),
)
def test_a_primary_that_cannot_lead_is_refused_at_its_first_start(
    below: Stage, as_root: None, spoil: Callable[[Path], Callable[[], object]], said: str
) -> None:
    before = below.log("database-1.log").count("refused: ")
    put_right = spoil(data(below, "database-1"))
    try:
        message = refused(below.uz("up"), "database-1 refuses to start: ", said)
        assert mentions_next(message)
    finally:
        put_right()
    assert below.log("database-1.log").count("refused: ") == before + 1


@pytest.mark.parametrize("text", ["", "database-7 1\n", "\x00\x01\x02"])
def test_a_file_that_does_not_say_who_leads_is_named(below: Stage, text: str) -> None:
    path = data(below, "primary")
    kept = path.read_text()
    path.write_text(text)
    said = f"`database-1 {below.base + 400}`"
    assert mentions_next(refused(below.uz("up"), f"{path}: says ", said))
    path.write_text(kept)


def test_two_that_could_lead_are_named(below: Stage) -> None:
    path, signal = data(below, "primary"), data(below, "database-2") / "standby.signal"
    kept = path.read_text()
    path.unlink()
    signal.unlink()
    refused(below.uz("up"), f"{path}: missing, and database-1 and database-2 could all be")
    assert not path.exists()
    signal.touch()
    path.write_text(kept)


@pytest.mark.parametrize("port", [400, 401, 432])
def test_a_port_of_another_server_is_named(below: Stage, port: int) -> None:
    with socket.create_server(("127.0.0.1", below.base + port)):
        said = f"port {below.base + port} is in use by "
        refused(below.uz("up"), said, f"(process {os.getpid()})", "network.port_base")


def test_in_the_end_everything_is_there(below: Stage) -> None:
    data(below, "primary").unlink()
    shutil.rmtree(data(below, "database-2"))
    below.up()
    assert notes(below) == {"kept"}
    assert same_on_both(below)
    assert sorted(path.name for path in data(below).iterdir() if path.is_dir()) == [
        "database-1",
        "database-2",
    ]


def server(stage: Stage, name: str) -> list[psutil.Process]:
    """Every process of a server, the one that started the others first."""
    first = psutil.Process(stage.services()[name]["pid"])
    return [first, *first.children(recursive=True)]


@contextmanager
def halted(stage: Stage, name: str) -> Iterator[None]:
    """Every process of a server stands still: its connections stay open."""
    processes = server(stage, name)
    for one in processes:
        one.suspend()
    try:
        yield
    finally:
        for one in processes:
            with suppress(psutil.NoSuchProcess):
                one.resume()


@contextmanager
def away(stage: Stage, name: str) -> Iterator[None]:
    """A server is stopped, and does not come back before the next `uz up`."""
    (stage.root() / "config/database/start").write_text("exec sleep 324\n")
    before = server(stage, name)
    before[0].send_signal(signal.SIGINT)
    psutil.wait_procs(before, timeout=20)
    yield


def drop_slot(stage: Stage) -> None:
    """Drop the standby's slot, and what it needs with it."""
    free = "SELECT count(*) FROM pg_replication_slots WHERE active"
    assert holds_within(60, lambda: own(stage, free) == "0")
    own(stage, "SELECT pg_drop_replication_slot('database_2')")


def test_a_standby_that_fell_behind_is_copied_anew(served: Stage) -> None:
    with away(served, "database-2"):
        note(served, "while it was away")
        write_much(served, 200)
        query = "SELECT wal_status FROM pg_replication_slots"
        assert holds_within(60, lambda: own(served, query) == "lost")
    before = served.log("database-2.log").count("copying database-1")
    served.up()
    assert served.log("database-2.log").count("copying database-1") == before + 1
    assert {"kept", "while it was away"} <= notes(served)
    assert same_on_both(served)
    assert own(served, "SELECT wal_status, active FROM pg_replication_slots") == "reserved|t"


@pytest.mark.slow
def test_a_standby_that_hangs_does_not_keep_the_primary_from_forgetting(served: Stage) -> None:
    with halted(served, "database-2"):
        write_much(served, 200)
        query = "SELECT wal_status FROM pg_replication_slots"
        assert holds_within(60, lambda: own(served, query) == "lost")
    served.up()
    assert same_on_both(served)


@pytest.mark.parametrize(
    "megabytes",
    [
        pytest.param(0, id="nothing missing"),
        pytest.param(320, id="much missing", marks=pytest.mark.slow),
    ],
)
def test_a_slot_that_is_gone_is_made_again(served: Stage, megabytes: int) -> None:
    with away(served, "database-2"):
        drop_slot(served)
        write_much(served, megabytes)
    before = served.log("database-2.log").count("copying database-1")
    served.up()
    copied = served.log("database-2.log").count("copying database-1") - before
    assert copied == (1 if megabytes else 0)
    assert same_on_both(served)
    assert own(served, "SELECT wal_status, active FROM pg_replication_slots") == "reserved|t"


HALF = "BEGIN; CREATE TABLE half (id int); LOCK notes; SELECT pg_sleep(323)"
HANGING = f"""\
set -e
echo half of it
psql -Xqw "$DATABASE_DIRECT_URL" -c '{HALF}'
"""
SLEEPERS = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'migrations'"


def migrated_badly(stage: Stage, text: str, command: str = "sh migrate.sh") -> str:
    """Try to bring up another release with a bad migration; the one before serves on."""
    before = stage.client().get("/whoami").json()
    stage.set("database.migrate", command)
    stage.set("database.migrate_timeout", "2s")
    stage.version(f"bad {time.monotonic():.3f}")
    stage.commit(text, name="migrate.sh")
    message = refused(stage.uz("up"), "migrate ", "The running release goes on.")
    assert stage.client().get("/whoami").json() == before
    assert own(stage, "SELECT count(*) FROM pg_tables WHERE tablename = 'half'") == "0"
    assert "kept" in notes(stage)
    return message


@pytest.mark.parametrize(
    ("text", "command", "said"),
    {
        "fails": (
            f'psql -Xqw -v ON_ERROR_STOP=1 -1 "$DATABASE_DIRECT_URL" -c "{HALF.partition(";")[2]}"'
            .replace("SELECT pg_sleep(323)", "SELECT nonsense"),
            "sh migrate.sh",
            'column "nonsense" does not exist',
        ),
        "fails silently": ("exit 9", "sh migrate.sh", "migrate failed with code 9"),
        "no program": ("", "no-such-migrator up", "no-such-migrator"),
        "hangs": (HANGING, "sh migrate.sh", "migrate was stopped: still running after 2 s"),
    }.values(),
    ids=["fails", "fails silently", "no program", "hangs"],
)  # fmt: skip
def test_a_bad_migration_leaves_what_runs_alone(
    served: Stage, text: str, command: str, said: str
) -> None:
    assert said in migrated_badly(served, text, command)
    assert holds_within(60, lambda: own(served, SLEEPERS) == "0")


def test_a_mended_migration_heals_what_a_killed_one_left(served: Stage) -> None:
    before = served.client().get("/whoami").json()
    served.set("database.migrate", "sh migrate.sh")
    served.set("database.migrate_timeout", "60s")
    served.version("two")
    served.commit(HANGING, name="migrate.sh")
    begun = served.begin("up")
    assert holds_within(60, lambda: own(served, SLEEPERS) == "1")
    kill(begun.pid)
    begun.communicate()
    assert served.client().get("/whoami").json() == before
    served.commit(MIGRATE, name="migrate.sh")
    served.up()
    assert served.client().get("/whoami").json()["version"] == "two"
    assert own(served, "SELECT to_regclass('half') IS NULL") == "t"
    assert "kept" in notes(served)


def test_of_two_runs_at_once_one_is_told_of_the_other(served: Stage) -> None:
    served.version("three")
    runs = [served.begin("up") for _ in range(2)]
    ends = [(one.communicate(timeout=60)[1], one.returncode) for one in runs]
    assert sorted(code for _, code in ends) in ([0, 0], [0, 2]), ends
    assert not any("Traceback" in text for text, _ in ends)
    assert served.client().get("/whoami").json()["version"] == "three"


@pytest.mark.slow
@pytest.mark.parametrize("everything", [False, True], ids=["uz", "everything"])
def test_what_is_killed_while_it_is_made_is_made_by_the_next_run(
    stage: Stage, everything: bool
) -> None:
    with_database(stage, HANGING.replace("LOCK notes; ", ""))
    for seen in (
        lambda: data(stage, "database-1.new/global").exists(),
        lambda: data(stage, "database-2.new").exists(),
        lambda: "half of it" in stage.log("migrate.log"),
    ):
        begun = stage.begin("up")
        assert holds_within(60, partial(over_or_reached, begun, seen))
        kill(begun.pid)
        begun.communicate()
        if everything:
            power_cut(stage)
    stage.commit(MIGRATE, name="migrate.sh")
    stage.up()
    note(stage, "works")
    assert same_on_both(stage)
    assert own(stage, "SELECT to_regclass('half') IS NULL") == "t"
    assert not list(data(stage).glob("*.new"))


def over_or_reached(run: "subprocess.Popen[str]", seen: Callable[[], bool]) -> bool:
    """Whether something can be seen, or a run that was too quick is over."""
    try:
        return run.poll() is not None or seen()
    except OSError:
        return False


def test_leftovers_of_a_killed_start_are_in_nobodys_way(below: Stage) -> None:
    """As they lie there after a power cut, in the worst of moments."""
    below.uz("down")
    aside = data(below).parent / "aside"
    aside.mkdir()
    for path in data(below).iterdir():
        path.rename(aside / path.name)
    for name in ("database-1", "database-2"):
        shutil.copytree(aside / name / "global", data(below, f"{name}.new") / "global")
    for path in (*data(below).glob("*.new"), *data(below).rglob("*.new/**/*")):
        shutil.chown(path, data(below).stat().st_uid)
    below.up()
    assert notes(below) == set()
    assert same_on_both(below)


def test_a_standby_of_another_database_is_kept_beside_and_the_right_one_copied(
    below: Stage,
) -> None:
    below.uz("down")
    aside = data(below).parent / "aside"
    shutil.rmtree(data(below, "database-2"))
    (aside / "database-2").rename(data(below, "database-2"))
    below.up()
    assert same_on_both(below)
    assert (data(below, "database-2.old") / "PG_VERSION").exists()
    assert "it is of another database than that of database-1" in below.log("database-2.log")


@pytest.fixture
def small_disk(stage: Stage, as_root: None) -> Iterator[Callable[[int], None]]:
    """UZ_HOME on a file system of its own, in memory, whose size in MiB can be changed."""

    def resize(megabytes: int) -> None:
        options = f"remount,size={megabytes}m"
        subprocess.run(
            ["mount", "-o", options, str(stage.home)], check=True, timeout=20, capture_output=True
        )

    stage.home.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=50m,mode=711", "tmpfs", str(stage.home)]
    if subprocess.run(command, check=False, capture_output=True, timeout=20).returncode:
        pytest.skip("this machine allows no mounts (CAP_SYS_ADMIN)")
    yield resize
    stage.uz("down")
    subprocess.run(["umount", "--lazy", str(stage.home)], check=False, timeout=20)


def filled(place: Path) -> bool:
    """Fill the disk up to a page, and say whether that came to pass."""
    with (place / "ballast").open("wb") as file, suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(place).free - 4096)
        return True
    return False


@pytest.mark.slow
def test_a_full_disk_is_told_and_with_room_everything_heals(
    stage: Stage, small_disk: Callable[[int], None]
) -> None:
    with_database(stage)
    for megabytes in (20, 45, 90):
        small_disk(megabytes)
        assert mentions_next(refused(stage.uz("up"), "disk", "full"))
    small_disk(600)
    stage.up()
    note(stage, "kept")
    assert holds_within(60, partial(filled, stage.home))  # the servers write meanwhile
    with suppress(AssertionError, subprocess.TimeoutExpired):
        own(stage, "CREATE TABLE large AS SELECT repeat('x', 1000) FROM generate_series(1, 9999)")
    assert json.loads(stage.uz("status", "--json").stdout)
    (stage.home / "ballast").unlink()
    assert holds_within(60, lambda: stage.uz("up").code == 0)
    assert "kept" in notes(stage)
    assert same_on_both(stage)
