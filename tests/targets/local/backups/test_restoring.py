"""Restores of a real PostgreSQL by a real pgBackRest, from a store and from the machine's own."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from tests.backups.shipped import Shipped, a_shipped_cluster

from uz.backups.backup import BackupKind
from uz.backups.target import LATEST, Target, parse_target, to_point, to_time
from uz.errors import BackupError, MachineError
from uz.machine import Program
from uz.secret import Secret
from uz.targets.local.backups import restoring
from uz.targets.local.backups.engine_of import private_engine
from uz.targets.local.backups.private_server import PrivateServer
from uz.targets.local.backups.restoring import Workshop, clear, planned, restored
from uz.targets.local.backups.sources import OffSite, OnMachine, Source

pytestmark = [pytest.mark.live, pytest.mark.slow]


@dataclass(frozen=True)
class Past:
    """What was there when."""

    shipped: Shipped
    expected: dict[str, tuple[Target, str]]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    with a_shipped_cluster(tmp_path_factory.mktemp("offsite")) as shipped:
        cluster = shipped.cluster
        full = shipped.take()
        cluster.ask("INSERT INTO seen VALUES (1)")
        first = cluster.moment()
        cluster.ask("INSERT INTO seen VALUES (2)")
        cluster.archived()
        shipped.take(BackupKind.DIFFERENTIAL)
        cluster.ask("INSERT INTO seen VALUES (3)")
        cluster.ask("SELECT pg_create_restore_point('half')")
        half = datetime.now(UTC)
        cluster.archived()
        cluster.ask("INSERT INTO seen VALUES (4)")
        second = cluster.moment()
        cluster.ask("INSERT INTO seen VALUES (5)")
        shipped.ship()
        cluster.stop()
        yield Past(
            shipped,
            {
                "backup": (parse_target(full.label), ""),
                "time in the full one": (to_time(first), "1"),
                "point": (to_point("half", half), "123"),
                "time in the other": (to_time(second), "1234"),
                "latest": (LATEST, "12345"),
            },
        )


@pytest.fixture
def scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="uz-r-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder / "scratch"
    assert not (folder / "scratch").exists()
    assert not [one for one in psutil.process_iter() if str(folder) in " ".join(_words(one))]
    shutil.rmtree(folder)


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def offsite(past: Past) -> Source:
    return OffSite(past.shipped.store)


def here(past: Past) -> Source:
    return OnMachine(past.shipped.repository.folder.parent, lambda _one: past.shipped.engine)


def rows(server: PrivateServer) -> str:
    return server.ask("SELECT string_agg(n::text, '' ORDER BY n) FROM seen")


@pytest.mark.parametrize("name", ["backup", "time in the full one", "point", "latest"])
@pytest.mark.parametrize("source", [offsite, here])
def test_every_target_is_reached_from_off_site_and_from_here(
    past: Past, scratch: Path, source: Callable[[Past], Source], name: str
) -> None:
    target, expected = past.expected[name]
    shop = past.shipped.workshop
    chosen = planned(shop, source(past), target)
    with restored(shop, source(past), chosen, scratch) as made:
        assert rows(made.server) == expected
        assert made.seconds.keys() == {"fetch", "restore", "recover"}
    assert past.shipped.engine.backups()


def test_one_restore_of_the_latest_is_moved_through_earlier_moments(
    past: Past, scratch: Path
) -> None:
    shop, source = past.shipped.workshop, offsite(past)
    chosen = planned(shop, source, LATEST)
    (point, at_point), (second, at_second) = (
        past.expected[one] for one in ("point", "time in the other")
    )
    with restored(shop, source, chosen, scratch, until=point) as made:
        assert rows(made.server) == at_point
        made.server.reach(second, within=60)
        assert rows(made.server) == at_second
        made.server.reach(LATEST, within=60)
        assert rows(made.server) == "12345"


def test_log_that_came_late_is_fetched_when_it_turns_out_to_be_needed(
    past: Past, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "uz.backups.log_needed.SPARE", -1
    )  # as if what was stored had been written later
    shop, source = past.shipped.workshop, offsite(past)
    target, expected = past.expected["time in the other"]
    chosen = planned(shop, source, target)
    with restored(shop, source, chosen, scratch) as made:
        assert rows(made.server) == expected
        assert made.plan.everything


def test_a_wrong_passphrase_is_told(past: Past, scratch: Path) -> None:
    shop = past.shipped.workshop
    wrong = Workshop(
        shop.machine,
        lambda folder, own: private_engine(folder, shop.machine, Secret(b"wrong"), own),
        shop.naming,
    )
    chosen = planned(wrong, offsite(past), LATEST)
    with (
        pytest.raises(BackupError, match="passphrase"),
        restored(wrong, offsite(past), chosen, scratch),
    ):
        pass


@pytest.mark.soak
@pytest.mark.parametrize("what", ["bundle", "segment"])
def test_a_flipped_byte_is_never_restored(
    past: Past, scratch: Path, tmp_path: Path, what: str
) -> None:
    shop = past.shipped.workshop
    copy = tmp_path / "copy"
    shutil.copytree(past.shipped.store.folder, copy)
    source = OffSite(replace(past.shipped.store, folder=copy))
    chosen = planned(shop, source, LATEST)
    needed = [copy / chosen.repository / path for path in chosen.files]
    if what == "bundle":
        victim = max((one for one in needed if "/bundle/" in str(one)), key=_size)
    else:
        last = chosen.last_wal
        victim = next(one for one in needed if last in one.name)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    with pytest.raises(BackupError), restored(shop, source, chosen, scratch) as made:
        assert rows(made.server) != "12345"


def _size(path: Path) -> int:
    return path.stat().st_size


def test_another_major_version_is_refused_before_anything_is_fetched(
    past: Past, scratch: Path
) -> None:
    shop = past.shipped.workshop
    programs = {"postgres": Program("postgres", "/usr/bin/postgres", (99, 1))}
    other = replace(shop, machine=replace(shop.machine, programs=programs))
    with pytest.raises(
        BackupError, match=r"is of PostgreSQL \d+, and this machine has 99"
    ) as error:
        planned(other, offsite(past), LATEST)
    assert "[database] version" in error.value.hint


def test_a_full_disk_is_told_before_anything_is_fetched(
    past: Past, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = past.shipped.workshop
    chosen = planned(shop, offsite(past), LATEST)
    huge = replace(chosen, backup=replace(chosen.backup, size=2**60))
    with (
        pytest.raises(MachineError, match="the restore takes .* MiB"),
        restored(shop, offsite(past), huge, scratch),
    ):
        pass


def test_a_missing_log_file_gets_a_moment_to_arrive(
    past: Past, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = past.shipped.workshop
    copy = tmp_path / "copy"
    shutil.copytree(past.shipped.store.folder, copy)
    chosen = planned(shop, offsite(past), LATEST)
    victim = next(
        copy / chosen.repository / path
        for path in chosen.files
        if chosen.last_wal[:-1] in path and chosen.last_wal not in path
    )
    aside = tmp_path / "aside"
    victim.rename(aside)
    asked: list[int] = []

    class Late(OffSite):
        def found(self):  # type: ignore[no-untyped-def]
            asked.append(1)
            if len(asked) == 3:
                aside.rename(victim)
            return super().found()

    source = Late(replace(past.shipped.store, folder=copy))
    if datetime.now(UTC) - datetime.fromtimestamp(victim.parent.stat().st_mtime, UTC) > timedelta(
        seconds=60
    ):
        monkeypatch.setattr(restoring, "ON_ITS_WAY", timedelta(hours=1))
    assert planned(shop, source, LATEST).logs == chosen.logs
    assert len(asked) == 3


def test_clearing_an_empty_place_does_nothing(tmp_path: Path) -> None:
    clear(tmp_path / "none")
    (tmp_path / "some").mkdir()
    clear(tmp_path / "some")
    assert not (tmp_path / "some").exists()


def test_a_disk_that_gets_full_in_the_middle_is_told_and_nothing_is_left(
    past: Past, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, source = past.shipped.workshop, offsite(past)
    chosen = planned(shop, source, LATEST)
    small = scratch.parent / "small"
    small.mkdir(mode=0o711)
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m,mode=0711", "tmpfs", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk takes the right to mount")
    monkeypatch.setattr(restoring, "room_for", lambda *_words: None)
    monkeypatch.setattr("uz.targets.local.backups.fetching.MARGIN", 0)
    try:
        with (
            pytest.raises(MachineError, match="full"),
            restored(shop, source, chosen, small / "scratch"),
        ):
            pass
        assert not list(small.iterdir())
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)
