import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.bare_postgres import Bare, bare, copied, programs, recovered

from uz.backups.counting import TABLES, Countable, parse_tables, pinned
from uz.backups.point import Point, parse_point
from uz.backups.pointing import script
from uz.errors import BackupError
from uz.shell import Completed
from uz.targets.local.backups import pointing
from uz.targets.local.backups.checking import compared
from uz.targets.local.backups.pointing import take_point

pytestmark = pytest.mark.live

SCHEMA = """\
CREATE TABLE accounts (id int PRIMARY KEY, amount bigint NOT NULL);
CREATE TABLE savings (id int PRIMARY KEY, amount bigint NOT NULL);
CREATE TABLE moves (id bigserial PRIMARY KEY, account int REFERENCES accounts, by int);
CREATE TABLE parted (id bigint, part int, text text) PARTITION BY LIST (part);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES IN (0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
INSERT INTO accounts SELECT n, 1000 FROM generate_series(1, 200) n;
INSERT INTO savings SELECT n, 1000 FROM generate_series(1, 200) n;
"""
MOVE = """\
\\set one random(1, 200)
\\set by random(-50, 50)
BEGIN;
UPDATE accounts SET amount = amount - :by WHERE id = :one;
INSERT INTO moves (account, by) VALUES (:one, :by);
UPDATE savings SET amount = amount + :by WHERE id = :one;
COMMIT;
"""
CHURN = """\
\\set id random(1, 1000000)
INSERT INTO parted VALUES (:id, :id % 2, repeat('x', :id % 300));
DELETE FROM parted WHERE id % 100 = :id % 100 AND part = :id % 2;
"""

END = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state LIKE 'idle in%'"
DIES = ("setpriv", "--pdeathsig", "KILL", "--")
"""Words that end a program with this process, however that ends."""


@pytest.fixture(scope="module")
def server() -> Iterator[Bare]:
    with bare("max_prepared_transactions=2") as one:
        yield one


@pytest.fixture
def fresh(server: Bare) -> Bare:
    server.ask("DROP DATABASE app WITH (FORCE)", "postgres")
    server.ask("CREATE DATABASE app", "postgres")
    return server


@contextmanager
def writing(server: Bare, folder: Path, seconds: int) -> Iterator[None]:
    """Have eight clients write as fast as they can."""
    running: list[subprocess.Popen[bytes]] = []
    for name, text in (("move", MOVE), ("churn", CHURN)):
        (folder / name).write_text(text)
        words = [*DIES, str(programs() / "pgbench"), "-n", "-c", "4", "-T", str(seconds)]
        words += ["-h", str(server.folder), "-U", "postgres", "-f", str(folder / name), "app"]
        running.append(
            subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
    try:
        yield
        assert [one.poll() for one in running] == [None, None], "nobody wrote to the end"
    finally:
        for one in running:
            one.kill()
            one.communicate()


@contextmanager
def held(server: Bare, sql: str) -> Iterator[None]:
    """A transaction that did this and stays open."""
    words = [*DIES, "psql", "-XAtq", "-h", str(server.folder), "-U", "postgres", "app"]
    one = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert one.stdin
    assert one.stdout
    try:
        one.stdin.write(f"BEGIN;\n{sql};\n\\echo did\n")
        one.stdin.flush()
        assert one.stdout.readline() == "did\n"
        yield
    finally:
        one.kill()
        one.communicate()


@contextmanager
def restorable(folder: Path) -> Iterator[tuple[list[Point], Bare, Path]]:
    """Twenty points taken while others write, and a copy that can be restored to each."""
    with bare("archive_mode=on", "wal_level=replica") as server:
        archive = server.own(server.folder / "archive")
        server.ask(f"ALTER SYSTEM SET archive_command = 'cp %p {archive}/%f'", "postgres")
        server.ask("SELECT pg_reload_conf()", "postgres")
        server.ask(SCHEMA)
        with copied(server) as copy:
            with writing(server, folder, 200):
                points = [take_point(server.session, "abc") for _ in range(20)]
            last = server.ask("SELECT pg_walfile_name(pg_current_wal_lsn())", "postgres")
            server.ask("SELECT pg_switch_wal()", "postgres")
            server.until(f"SELECT last_archived_wal >= '{last}' FROM pg_stat_archiver", "t")
            yield points, copy, archive


@pytest.mark.soak
@pytest.mark.slow
def test_what_was_counted_is_what_a_restore_to_the_point_has_whoever_writes(tmp_path: Path) -> None:
    both = "SELECT (SELECT sum(amount) FROM accounts) + (SELECT sum(amount) FROM savings)"
    with restorable(tmp_path) as (points, copy, archive):
        for point in points:
            recovered(copy, archive, point.name)
            found = compared(copy.session.ask, point)
            assert found.held, found.detail
            assert copy.ask(both) == "400000"
        assert not compared(copy.session.ask, points[0]).held


@pytest.mark.slow
def test_without_the_locks_the_same_comparison_finds_differences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = script

    def unlocked(name: str, tables: tuple[Countable, ...]) -> str:
        return re.sub(r"^LOCK TABLE .*$", "", locked(name, tables), flags=re.MULTILINE)

    monkeypatch.setattr(pointing, "script", unlocked)
    with restorable(tmp_path) as (points, copy, archive):
        for point in points:
            recovered(copy, archive, point.name)
            if not compared(copy.session.ask, point).held:
                return
    pytest.fail("nothing was different: the comparison sees nothing")


def test_a_point_says_what_a_table_held(fresh: Bare) -> None:
    fresh.ask("CREATE TABLE one (id int PRIMARY KEY); INSERT INTO one VALUES (1), (2)")
    point = take_point(fresh.session, "abc")
    assert point.tables["public.one"].rows == 2
    assert point.repository == "abc"
    assert point.left_out == {}
    assert {"table public.one", "index public.one_pkey"} < set(point.objects)
    assert point.cluster == fresh.ask("SELECT system_identifier FROM pg_control_system()")
    assert parse_point(point.text()) == point


def test_the_name_is_in_the_log_and_no_point_has_that_of_another(fresh: Bare) -> None:
    names = {take_point(fresh.session, "abc").name for _ in range(3)}
    assert len(names) == 3
    lsn = fresh.ask("SELECT pg_current_wal_insert_lsn()")
    point = take_point(fresh.session, "abc")
    fresh.ask("CHECKPOINT")
    said = fresh.run("pg_waldump", "-p", fresh.data / "pg_wal", "-r", "XLOG", "-s", lsn, "-e",
                     fresh.ask("SELECT pg_current_wal_flush_lsn()"))  # fmt: skip
    assert f"RESTORE_POINT {point.name}" in said


def test_an_idle_writer_is_named_and_nobody_else_is_held_up(fresh: Bare) -> None:
    fresh.ask("CREATE TABLE one (id int); CREATE TABLE other (id int)")
    with held(fresh, "INSERT INTO one VALUES (1)"):
        waits: list[float] = []
        over = threading.Event()

        def write() -> None:
            while not over.is_set():
                begun = time.monotonic()
                fresh.ask("INSERT INTO other VALUES (1)")
                waits.append(time.monotonic() - begun)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            with pytest.raises(BackupError, match=r"public\.one is written to by process \d+ \("):
                take_point(fresh.session, "abc", patience=2)
        finally:
            over.set()
            writer.join()
    assert max(waits) < 1
    assert take_point(fresh.session, "abc").tables["public.one"].rows == 0


def test_a_prepared_transaction_is_named(fresh: Bare) -> None:
    fresh.ask("CREATE TABLE one (id int)")
    with held(fresh, "INSERT INTO one VALUES (1); PREPARE TRANSACTION 'forgotten'"):
        try:
            with pytest.raises(BackupError, match="prepared transaction 'forgotten'"):
                take_point(fresh.session, "abc", patience=0.5)
        finally:
            fresh.ask("ROLLBACK PREPARED 'forgotten'")


def test_one_who_only_reads_is_in_nobodys_way(fresh: Bare) -> None:
    fresh.ask("CREATE TABLE one (id int)")
    with held(fresh, "SELECT * FROM one FOR UPDATE"):
        take_point(fresh.session, "abc", patience=2)


def test_writers_wait_for_moments_only(fresh: Bare, tmp_path: Path) -> None:
    fresh.ask(SCHEMA)
    with writing(fresh, tmp_path, 30):
        point = take_point(fresh.session, "abc")
    assert {"public.parted_0", "public.parted_1"} < set(point.tables)
    assert "public.parted" not in point.tables


@pytest.mark.slow
def test_locks_are_gone_before_the_counting_begins(fresh: Bare) -> None:
    fresh.ask("CREATE TABLE big AS SELECT generate_series(1, 2000000) AS id")
    fresh.ask("CREATE TABLE other (id int)")
    done = threading.Event()
    waits: list[float] = []

    def point() -> None:
        take_point(fresh.session, "abc")
        done.set()

    taking = threading.Thread(target=point)
    taking.start()
    while not done.is_set():
        begun = time.monotonic()
        fresh.ask("INSERT INTO other VALUES (1); DELETE FROM big WHERE false")
        waits.append(time.monotonic() - begun)
        time.sleep(0.01)
    taking.join()
    assert len(waits) > 3
    assert max(waits) < 0.6


@pytest.mark.slow
def test_tables_without_end_are_counted_without_a_lock_on_each(fresh: Bare) -> None:
    for first in range(0, 1000, 250):
        fresh.ask(
            "".join(f"CREATE TABLE t{n} (id int PRIMARY KEY);" for n in range(first, first + 250))
        )
    point = take_point(fresh.session, "abc")
    assert len(point.tables) == 1001
    assert compared(fresh.session.ask, point).held


@pytest.mark.slow
def test_more_tables_than_may_be_locked_are_refused(fresh: Bare) -> None:
    room = int(
        fresh.ask(
            "SELECT current_setting('max_locks_per_transaction')::int"
            " * (current_setting('max_connections')::int + 2)"
        )
    )
    for first in range(0, room // 2 + 1, 500):
        fresh.ask("".join(f"CREATE TABLE t{n} (id int);" for n in range(first, first + 500)))
    with pytest.raises(BackupError, match="too many to lock at once"):
        take_point(fresh.session, "abc")


def test_an_empty_database_has_a_point_as_well(fresh: Bare) -> None:
    point = take_point(fresh.session, "abc")
    assert set(point.tables) == {"pg_catalog.pg_largeobject"}
    assert not compared(fresh.session.ask, point).held


@contextmanager
def while_big_is_counted(server: Bare, sql: str) -> Iterator[None]:
    """Do something to the table `other`, as soon as the point is named and `big` is read."""
    server.ask("CREATE TABLE big AS SELECT generate_series(1, 3000000) AS id")
    server.ask("CREATE TABLE other (id int); INSERT INTO other VALUES (1), (2)")

    def act() -> None:
        reading = (
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE state = 'active'"
            " AND query LIKE '%FROM ONLY public.big%' AND query NOT LIKE 'LOCK%'"
            " AND pid <> pg_backend_pid()"
        )
        server.until(reading, "t")
        server.ask(sql)

    acting = threading.Thread(target=act)
    acting.start()
    try:
        yield
    finally:
        acting.join()


def test_a_table_emptied_meanwhile_is_left_out_and_that_is_said(fresh: Bare) -> None:
    with while_big_is_counted(fresh, "TRUNCATE other"):
        point = take_point(fresh.session, "abc")
    assert point.left_out == {"public.other": "emptied or written anew while it was counted"}
    found = compared(fresh.session.ask, point)
    assert found.held
    assert "not compared: public.other" in found.detail


@pytest.mark.slow
@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE other",
        "ALTER TABLE other ADD COLUMN more int",
        "CREATE TABLE another ()",
        "CREATE VIEW v AS SELECT 1",
    ],
)
def test_a_migration_meanwhile_has_the_point_taken_anew(fresh: Bare, sql: str) -> None:
    with while_big_is_counted(fresh, sql):
        point = take_point(fresh.session, "abc")
    assert compared(fresh.session.ask, point).held
    assert not point.left_out


def test_a_lock_that_is_not_there_in_time_is_tried_again(
    fresh: Bare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pointing, "WRITERS", "SELECT '[]'")
    fresh.ask("CREATE TABLE one (id int)")
    with held(fresh, "INSERT INTO one VALUES (1)"):
        with pytest.raises(BackupError, match=r"no moment .* in 1 s: .*lock timeout"):
            take_point(fresh.session, "abc", patience=1)
        releasing = threading.Timer(0.7, fresh.ask, [END])
        releasing.start()
        assert take_point(fresh.session, "abc").tables["public.one"].rows == 0
        releasing.join()


@pytest.mark.slow
def test_a_client_that_stops_under_the_locks_holds_nobody_up_for_long(fresh: Bare) -> None:
    fresh.ask("CREATE TABLE one (id int)")
    tables = parse_tables(fresh.ask(pinned() + TABLES))
    stalled = script("uz-stalled", tables).replace("SELECT 'point", "\\! sleep 4\nSELECT 'point")
    ran: list[Completed] = []
    stalling = threading.Thread(
        target=lambda: ran.append(fresh.session.script(stalled, "app", within=30))
    )
    stalling.start()
    time.sleep(0.5)
    begun = time.monotonic()
    fresh.ask("INSERT INTO one VALUES (1)")
    assert 0.2 < time.monotonic() - begun < 2
    stalling.join()
    assert not ran[0].ok
