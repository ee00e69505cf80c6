import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.targets.local.backups.shop import NOW, Shop, shop

from uz.backups.backup import Backup
from uz.targets.local.backups.inventory import repositories
from uz.targets.local.backups.leaving import (
    GONE,
    clear_gone,
    remove_points,
    remove_repository,
    superseded,
)
from uz.targets.local.backups.repository import Repository, prepare_repository
from uz.targets.local.backups.sending import There
from uz.targets.local.layout import Layout


@pytest.fixture
def old(prepared: Layout, short: Path) -> Shop:
    return shop(prepared, short / "store")


@pytest.fixture
def new(old: Shop) -> Shop:
    return replace(old, repository=prepare_repository(old.layout, anew=True))


def going(old: Shop, *away: str) -> tuple[Repository, ...]:
    """What may go, where these keys are off-site."""

    def known(one: Repository) -> tuple[Backup, ...]:
        return replace(old, repository=one).engine.backups()

    return superseded(repositories(old.layout), There(dict.fromkeys(away, 1)), known)


def test_it_goes_when_both_catalogs_are_off_site(old: Shop, new: Shop) -> None:
    before, after = old.backup("full", 1), new.backup("full", 1)
    assert going(old, before.key, after.key) == (old.repository,)
    assert going(old, after.key) == ()
    assert going(old, before.key) == ()


def test_a_backup_that_no_catalog_off_site_names_keeps_it(old: Shop, new: Shop) -> None:
    before, after = old.backup("full", 1), new.backup("full", 1)
    old.engine.take("later", NOW + timedelta(seconds=9), 2)
    assert going(old, before.key, after.key) == ()


def test_one_that_never_had_a_backup_goes(old: Shop, new: Shop) -> None:
    old.engine.log(1, 3)
    assert going(old, new.backup("full", 1).key) == (old.repository,)


def test_where_there_is_no_database_a_catalog_is_enough(old: Shop, new: Shop) -> None:
    (old.engine.folder / "index").write_text("[]")
    (new.engine.folder / "index").write_text("[]")
    from uz.targets.local.backups.cataloging import write_catalog

    assert going(old, write_catalog(new.repository, new.engine, "none", "s").key) == (
        old.repository,
    )


def test_a_damaged_catalog_counts_for_nothing(old: Shop, new: Shop) -> None:
    before, after = old.backup("full", 1), new.backup("full", 1)
    (old.repository.folder.parent / before.key).write_text("{")
    assert going(old, before.key, after.key) == ()


def test_alone_it_stays(old: Shop) -> None:
    assert going(old, old.backup("full", 1).key) == ()


def test_what_a_kill_left_is_no_repository_and_is_removed(old: Shop, new: Shop) -> None:
    half = old.repository.folder.with_name(f"{GONE}{old.repository.id}")
    old.repository.folder.rename(half)
    assert repositories(old.layout) == (new.repository,)
    clear_gone(old.layout)
    assert not half.exists()
    clear_gone(old.layout)


def test_it_is_removed_whole(old: Shop, new: Shop) -> None:
    old.backup("full", 1)
    remove_repository(old.repository)
    kept = {path.name for path in old.layout.repositories.iterdir()}
    assert kept == {"current", new.repository.id}


@pytest.mark.parametrize(("there", "gone"), [(True, ("1",)), (False, ()), (None, ("1",))])
def test_points_go_by_age_and_only_where_they_are_elsewhere_or_there_is_no_such_place(
    old: Shop, there: bool | None, gone: tuple[str, ...]
) -> None:
    for name, hours in (("1", 30), ("2", 10)):
        (old.repository.points / name).write_text("x")
        past = NOW.timestamp() - hours * 3600
        os.utime(old.repository.points / name, (past, past))
    keys = [f"{old.repository.id}/points/{name}" for name in ("1", "2")] if there else []
    away = None if there is None else There(dict.fromkeys(keys, 1))
    limit = datetime.now(UTC) - timedelta(days=1)
    assert remove_points(old.repository, away, limit) == gone
