import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.backups.paper_engine import PaperEngine

from uz.backups.catalog import Catalog
from uz.backups.retention import Log, WalRange
from uz.backups.shipment import absent, goes, shipment
from uz.backups.wal import name_of

NOW = datetime(2026, 11, 26, tzinfo=UTC)
DIGEST = "ab" * 32


@pytest.fixture
def engine(tmp_path: Path) -> PaperEngine:
    one = PaperEngine(tmp_path)
    one.log(1, 5)
    one.write("log/00000002.history-x", "1 0/0")
    one.take("full", NOW, 2)
    return one


def files(engine: PaperEngine, *more: str) -> dict[str, int]:
    own = {
        f"database/{path.relative_to(engine.folder)}": path.stat().st_size
        for path in engine.folder.rglob("*")
        if path.is_file()
    }
    return own | dict.fromkeys(more, 7)


RESTIC = (
    f"files/snapshots/{DIGEST}", f"files/index/{DIGEST}", f"files/data/ab/{DIGEST}",
    f"files/keys/{DIGEST}", "files/config",
)  # fmt: skip


def test_the_log_goes_first_in_order_then_data_then_manifests_then_files_and_points(
    engine: PaperEngine,
) -> None:
    local = files(engine, *RESTIC, "points/20261126.age")
    sent = shipment(local, {}, engine.backups(), engine).paths
    assert sent == (
        "database/log/00000002.history-x",
        *(f"database/log/{name_of(1, number)}-x" for number in range(1, 6)),
        "database/backup/full/bundle",
        "database/backup/full/backup.manifest",
        *reversed(RESTIC),
        "points/20261126.age",
    )


def test_what_is_there_with_its_size_is_not_sent_again(engine: PaperEngine) -> None:
    local = files(engine)
    there = dict(local)
    assert shipment(local, there, engine.backups(), engine).paths == ()
    path = f"database/log/{name_of(1, 3)}-x"
    there[path] += 1
    assert shipment(local, there, engine.backups(), engine).paths == (path,)


def test_what_changes_is_half_written_or_strange_stays(engine: PaperEngine) -> None:
    local = files(
        engine, "database/index", "database/log/x.tmp", "files/locks/" + DIGEST,
        f"files/data/ab/{DIGEST}-tmp-12", "files/readme", "strange", "catalogs/1.json",
    )  # fmt: skip
    sent = shipment(local, {}, engine.backups(), engine).paths
    assert all(path.startswith(("database/log/0", "database/backup/full/")) for path in sent)


def test_a_backup_that_is_not_complete_is_held_back(engine: PaperEngine) -> None:
    engine.write("backup/half/bundle", "half")
    sent = shipment(files(engine), {}, engine.backups(), engine).paths
    assert not [path for path in sent if "half" in path]


def test_log_that_nothing_needs_is_not_sent(engine: PaperEngine) -> None:
    sent = shipment(files(engine), {}, engine.backups(), engine, Log((WalRange(4),))).paths
    logs = [path for path in sent if "/log/" in path]
    assert logs == [
        "database/log/00000002.history-x",
        *(f"database/log/{name_of(1, number)}-x" for number in (4, 5)),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(0, 12))
def test_cut_off_anywhere_and_gone_on_all_arrives_and_no_manifest_before_its_data(
    engine: PaperEngine, chance: random.Random, cut: int
) -> None:
    local = files(engine, *RESTIC)
    order = list(local)
    chance.shuffle(order)
    mixed = {path: local[path] for path in order}
    whole = shipment(mixed, {}, engine.backups(), engine).paths
    sent = list(whole[:cut])
    there = {path: local[path] for path in sent}
    rest = shipment(mixed, there, engine.backups(), engine).paths
    assert [*sent, *rest] == list(whole)
    assert not set(sent) & set(rest)


def test_a_catalog_is_missing_what_is_not_there_or_of_another_size() -> None:
    catalog = Catalog("r", NOW, "paper", files={"a": 1, "b": 2, "c": 3})
    assert absent(catalog, {"a": 1, "b": 3}) == ("b", "c")
    assert absent(catalog, {"a": 1, "b": 2, "c": 3, "d": 4}) == ()


def test_files_of_restic_go_by_what_they_are_called() -> None:
    assert all(map(goes, RESTIC))
    assert not goes("files/locks/" + DIGEST)
    assert not goes("files/data/ab/x")
