from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.targets.local.backups.shop import Shop, shop

from uz.backups.catalog import parse_catalog
from uz.backups.no_database import NoDatabase
from uz.backups.wal import name_of
from uz.errors import MachineError
from uz.targets.local.backups.cataloging import write_catalog
from uz.targets.local.layout import Layout

DIGEST = "ab" * 32


@pytest.fixture
def one(prepared: Layout, short: Path) -> Shop:
    return shop(prepared, short / "store")


def test_it_names_what_the_backups_are_made_of_and_holds_the_index(one: Shop) -> None:
    one.engine.log(1, 9)
    one.engine.write("backup/half/bundle", "of one that is not complete")
    (one.repository.files / "data/ab").mkdir(parents=True)
    for path in ("config", f"data/ab/{DIGEST}", "lock"):
        (one.repository.files / path).write_text("x")
    catalog = one.backup("full", 5)
    assert set(catalog.files) == {
        "database/backup/full/bundle",
        "database/backup/full/backup.manifest",
        f"database/log/{name_of(1, 5)}-x",
        "files/config",
        f"files/data/ab/{DIGEST}",
    }
    assert catalog.files["files/config"] == 1
    assert list(catalog.index) == ["database/index"]
    assert b"full" in catalog.index["database/index"]
    (written,) = one.repository.catalogs.iterdir()
    assert parse_catalog(written.read_bytes()) == catalog
    assert catalog.key == f"{one.repository.id}/catalogs/{written.name}"
    assert catalog.taken_at <= datetime.now(UTC)


def test_without_a_database_it_names_the_files(one: Shop) -> None:
    (one.repository.files / "config").write_text("x")
    catalog = write_catalog(one.repository, NoDatabase(), "", "s1")
    assert (catalog.files, catalog.backups, catalog.snapshot) == ({"files/config": 1}, (), "s1")


def test_an_index_that_is_not_there_is_told(one: Shop) -> None:
    with pytest.raises(MachineError, match=r"index"):
        write_catalog(one.repository, one.engine, "paper", "")
