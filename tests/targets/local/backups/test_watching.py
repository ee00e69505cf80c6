import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.targets.local.backups.shop import Shop, shop

from uz.backups.drilled import Drilled
from uz.backups.finding import Finding
from uz.errors import UzError
from uz.targets.local.backups.records import Shipping, Succeeded, write_succeeded
from uz.targets.local.backups.watching import encrypted, read_metrics, watched, write_metrics
from uz.targets.local.layout import Layout

NOW = datetime.now(UTC)


@pytest.fixture
def one(prepared: Layout, short: Path) -> Shop:
    return shop(prepared, short / "store")


def test_what_is_written_down_comes_together(one: Shop) -> None:
    write_succeeded(one.layout, Succeeded(at=NOW, seconds=3.5, dropped=4))
    held = Drilled(
        NOW - timedelta(days=1), phases={"fetch": 2.0}, findings=(Finding("a", True, ""),)
    )
    failed = Drilled(NOW, stopped="no")
    history = one.layout.repositories / "drills.jsonl"
    history.write_text(f"{held.line()}\n{failed.line()}\n")
    state = Shipping(offsite="s3://x", covered_at=NOW, dropped=2, gap_since=NOW, error="x")
    found = watched(one.layout, state, (), True)
    assert found.newest_backup == NOW
    assert found.backup_seconds == 3.5
    assert found.dropped == 6
    assert found.gap
    assert found.failing
    assert (found.drill, found.drill_seconds) == (held.at, 2.0)
    assert found.queue_files == 0


def test_without_another_place_nothing_is_said_of_it(one: Shop) -> None:
    found = watched(one.layout, Shipping(), (), None)
    assert (found.queue_files, found.offsite_bytes, found.overwritten) == (None, None, None)
    assert found.newest_backup is None


def test_that_it_is_encrypted_is_seen_by_the_first_bytes(one: Shop) -> None:
    engine, place = one.engine, one.repository
    assert encrypted(place, engine) is None
    (place.database / "index").write_bytes(b"Salted__\0\1")
    assert encrypted(place, engine) is True
    (place.files / "config").write_bytes(b"\x93\x00")
    assert encrypted(place, engine) is True
    (place.files / "config").write_text("{}")
    assert encrypted(place, engine) is False
    (place.files / "config").unlink()
    (place.database / "index").write_text("[backup]")
    assert encrypted(place, engine) is False


def test_metrics_are_written_for_the_servers_group_to_read(one: Shop) -> None:
    with pytest.raises(UzError, match="nothing is watched yet"):
        read_metrics(one.layout)
    write_metrics(one.layout, watched(one.layout, replace(Shipping(), disk_free=5), (), None))
    path = one.layout.repositories / "metrics.prom"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert "uz_backups_disk_free_bytes" in read_metrics(one.layout)
