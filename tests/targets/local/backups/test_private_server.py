"""A private server on a cluster that a plain copy was made of, moved from moment to moment."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from tests.backups.archiving_cluster import MACHINE, CopyEngine, a_cluster
from tests.live.stage import holds_within

from uz.backups.target import LATEST, Target, to_point, to_time
from uz.errors import BackupError
from uz.stack import Owner
from uz.targets.local.backups.private_log import EndedEarlyError
from uz.targets.local.backups.private_server import PrivateServer, end_leftover, end_leftovers
from uz.targets.local.users import isolated, user_of

pytestmark = pytest.mark.live


@dataclass(frozen=True)
class History:
    """A cluster's past: a row, a moment, a row, a restore point, a row, a moment, a row."""

    engine: CopyEngine
    first: datetime
    point: datetime
    second: datetime

    @property
    def targets(self) -> dict[Target, str]:
        """The targets, and the rows that are there then."""
        return {
            to_time(self.first): "1",
            to_point("half", self.point): "12",
            to_time(self.second): "123",
            LATEST: "1234",
        }


@pytest.fixture(scope="module")
def history() -> Iterator[History]:
    with a_cluster() as (cluster, engine):
        cluster.ask("CREATE TABLE seen (n int)")
        engine.back_up(cluster, "one")
        cluster.ask("INSERT INTO seen VALUES (1)")
        first = cluster.moment()
        cluster.ask("INSERT INTO seen VALUES (2)")
        cluster.ask("SELECT pg_create_restore_point('half')")
        point = datetime.now(UTC)
        cluster.archived()
        cluster.ask("INSERT INTO seen VALUES (3)")
        second = cluster.moment()
        cluster.ask("INSERT INTO seen VALUES (4)")
        cluster.archived()
        cluster.stop()
        yield History(engine, first, point, second)


@pytest.fixture
def scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="uz-p-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    end_leftover(folder / "data")
    shutil.rmtree(folder)


@pytest.fixture
def server(history: History, scratch: Path) -> Iterator[PrivateServer]:
    data = scratch / "data"
    data.mkdir(mode=0o700)
    owner = user_of(Owner.SERVERS)
    os.chown(data, owner.uid, owner.gid)
    history.engine.restore("one", data)
    with PrivateServer(data, scratch / "server", MACHINE) as made:
        yield made


def rows(server: PrivateServer) -> str:
    return server.ask("SELECT string_agg(n::text, '' ORDER BY n) FROM seen")


def test_one_restore_is_moved_through_all_moments(server: PrivateServer, history: History) -> None:
    for target, expected in history.targets.items():
        server.reach(target, within=60)
        assert rows(server) == expected
        paused = "f" if target == LATEST else "t"
        assert server.ask("SELECT pg_is_in_recovery()") == paused
    server.ask("INSERT INTO seen VALUES (5)")
    server.stop()
    server.serve()
    assert rows(server) == "12345"


def test_a_recovery_is_ended_at_a_moment_where_that_is_asked_for(
    server: PrivateServer, history: History
) -> None:
    server.reach(to_time(history.first), within=60, promote=True)
    server.ask("INSERT INTO seen VALUES (9)")
    assert rows(server) == "19"
    with pytest.raises(BackupError, match="was promoted"):
        server.reach(LATEST, within=60)


def test_a_moment_behind_the_log_is_told_with_what_was_reached(server: PrivateServer) -> None:
    with pytest.raises(EndedEarlyError, match="is not in the log: its last change is of") as error:
        server.reach(to_time(datetime.now(UTC) + timedelta(hours=1)), within=60)
    assert error.value.reached.startswith("20")
    assert not server.running


def test_an_unknown_restore_point_is_never_reached(server: PrivateServer) -> None:
    with pytest.raises(EndedEarlyError, match="restore point other"):
        server.reach(to_point("other", datetime.now(UTC)), within=60)


def test_what_takes_too_long_is_stopped(server: PrivateServer, history: History) -> None:
    auto = server.data / "postgresql.auto.conf"
    auto.write_text(auto.read_text() + "restore_command = 'sleep 30'\n")
    with pytest.raises(BackupError, match="not reached within 2 s"):
        server.reach(to_time(history.first), within=2)
    assert not server.running


def test_nothing_listens_but_its_socket_and_nothing_is_archived(
    server: PrivateServer, history: History
) -> None:
    server.reach(LATEST, within=60)
    main = next(one for one in psutil.process_iter() if serves(one, server.data))
    assert not main.net_connections("inet")
    assert server.ask("SHOW archive_mode") == "off"
    assert server.ask("SHOW listen_addresses") == ""


@pytest.mark.skipif(not isolated(), reason="needs root")
def test_only_operator_and_app_come_in(server: PrivateServer) -> None:
    server.reach(LATEST, within=60)
    server.ask("CREATE ROLE app LOGIN")

    def enters(owner: str, role: str) -> bool:
        words = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups", "--",
                 "psql", "-XAtqw", "-c", "SELECT 1"]  # fmt: skip
        known = os.environ | server.variables("postgres") | {"PGUSER": role}
        done = subprocess.run(
            words, cwd="/", env=known, capture_output=True, timeout=30, check=False
        )
        return done.returncode == 0

    assert enters("root", "postgres")
    assert enters("uz-app", "app")
    assert not enters("uz-app", "postgres")
    assert not enters("nobody", "app")
    assert not enters("nobody", "postgres")


def test_the_block_leaves_no_process_and_no_socket(server: PrivateServer) -> None:
    socket = server.socket
    with suppress(KeyError), server:
        server.reach(LATEST, within=60)
        raise KeyError
    assert not any(serves(one, server.data) for one in psutil.process_iter())
    assert not socket.exists()


def test_what_a_killed_run_left_is_found_and_ended(server: PrivateServer, scratch: Path) -> None:
    code = f"""
from pathlib import Path
import time
from tests.backups.archiving_cluster import MACHINE
from uz.targets.local.backups.private_server import PrivateServer
server = PrivateServer(Path({str(server.data)!r}), Path({str(server.folder)!r}), MACHINE)
server.reach(within=60)
print("up", flush=True)
time.sleep(60)
"""
    root = Path(__file__).parents[4]
    run = subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True
    )
    try:
        assert run.stdout is not None
        assert run.stdout.readline() == "up\n"
    finally:
        run.send_signal(signal.SIGKILL)
        run.communicate()
    assert any(serves(one, server.data) for one in psutil.process_iter())
    assert end_leftover(server.data)
    assert not end_leftover(server.data)
    assert holds_within(
        5, lambda: not any(serves(one, server.data) for one in psutil.process_iter())
    )


def test_another_process_with_the_number_of_a_dead_server_is_left_alone(scratch: Path) -> None:
    data = scratch / "data"
    data.mkdir()
    with subprocess.Popen(["sleep", "30"]) as other:
        (data / "postmaster.pid").write_text(f"{other.pid}\n{data}\n")
        assert not end_leftover(data)
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("place", ["scratch/database", "drill", "data/restore/ab12"])
def test_whatever_restores_left_below_an_environment_is_ended(scratch: Path, place: str) -> None:
    data = scratch / place / "data"
    data.mkdir(parents=True)
    words = ["/x/postgres", "-c", "import time; time.sleep(60)", "-D", str(data)]
    with subprocess.Popen(words, executable=sys.executable, stderr=subprocess.DEVNULL) as left:
        try:
            (data / "postmaster.pid").write_text(f"{left.pid}\n{data}\n")
            assert holds_within(5, lambda: serves(psutil.Process(left.pid), data))
            end_leftovers(scratch / "of another")
            assert left.poll() is None
            end_leftovers(scratch)
            assert left.wait(60) != 0
        finally:
            left.kill()


def test_a_long_path_gets_a_short_socket() -> None:
    server = PrivateServer(Path("/x/data"), Path("/x") / ("y" * 120), MACHINE)
    assert len(str(server.socket)) < 40
    short = PrivateServer(Path("/x/data"), Path("/x/y"), MACHINE)
    assert short.socket == Path("/x/y/s")


def test_what_is_no_cluster_is_told(scratch: Path) -> None:
    (scratch / "data").mkdir()
    server = PrivateServer(scratch / "data", scratch / "server", MACHINE)
    with pytest.raises(BackupError, match="no database of this PostgreSQL"):
        server.reach(within=10)


def serves(process: psutil.Process, data: Path) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    return bool(words) and Path(words[0]).name == "postgres" and str(data) in words
