import sys
from pathlib import Path

import pytest

from uz.components import compose
from uz.errors import BackupError
from uz.targets.local.backups.own_repository import cluster, of_another, settle_repository
from uz.targets.local.backups.repository import current_repository
from uz.targets.local.layout import Layout
from uz.targets.local.leading import lead
from uz.targets.local.prepare import prepare
from uz.targets.local.users import isolated, missing_users
from uz.testing import MACHINE, spec

SPEC = spec("trial", database={"replicas": 1}, backups={"local": 1})
ONE, OTHER = 7712534951916057593, 7712535703944220963


@pytest.fixture
def place(layout: Layout) -> Layout:
    """An environment with its folders."""
    if isolated() and missing_users():
        pytest.skip("root needs the users that `uz doctor --install` creates")
    prepare(layout, compose(SPEC, MACHINE))
    return layout


def data(place: Layout, node: int, number: int) -> Path:
    """A server's data, as far as it is looked at."""
    path = place.data / "database" / f"database-{node}" / "global" / "pg_control"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(number.to_bytes(8, sys.byteorder) + bytes(100))
    return path


def is_of(place: Layout, said: object) -> None:
    """What the setup of archiving has written down."""
    (current_repository(place).database / "cluster").write_text(f"{said}\n")


def test_without_backups_there_is_no_repository(place: Layout) -> None:
    assert settle_repository(place, spec("trial", database={"replicas": 1})) is None
    assert not place.repositories.exists()


def test_the_same_database_goes_on_in_the_same_repository(place: Layout) -> None:
    first = settle_repository(place, SPEC)
    assert first == settle_repository(place, SPEC)
    data(place, 1, ONE)
    assert first == settle_repository(place, SPEC)
    is_of(place, ONE)
    assert first == settle_repository(place, SPEC)


def test_another_database_or_one_that_is_gone_begins_another_one(place: Layout) -> None:
    first = settle_repository(place, SPEC)
    data(place, 1, OTHER)
    is_of(place, ONE)
    second = settle_repository(place, SPEC)
    assert first is not None
    assert second not in {None, first}
    assert first.folder.is_dir()
    is_of(place, OTHER)
    assert settle_repository(place, SPEC) == second
    (place.data / "database/database-1/global/pg_control").unlink()
    assert settle_repository(place, SPEC) != second


def test_while_only_a_standby_has_data_nothing_is_begun(place: Layout) -> None:
    first = settle_repository(place, SPEC)
    is_of(place, ONE)
    data(place, 2, ONE)
    assert cluster(place, SPEC) is None
    assert settle_repository(place, SPEC) == first


def test_the_one_that_leads_is_the_one_that_counts(place: Layout) -> None:
    settle_repository(place, SPEC)
    is_of(place, ONE)
    data(place, 1, OTHER)
    data(place, 2, ONE)
    assert of_another(place, SPEC, current_repository(place))
    lead(place, SPEC, 2)
    assert not of_another(place, SPEC, current_repository(place))


def test_without_a_database_it_stays(place: Layout) -> None:
    without = spec("trial", backups={"local": 1})
    first = settle_repository(place, without)
    is_of(place, ONE)
    assert settle_repository(place, without) == first


@pytest.mark.parametrize("text", ["", "77 x", "\0\0", "-1"])
def test_a_damaged_word_is_told_with_the_way_out(place: Layout, text: str) -> None:
    settle_repository(place, SPEC)
    is_of(place, text)
    with pytest.raises(BackupError, match="damaged") as caught:
        settle_repository(place, SPEC)
    assert "Remove" in caught.value.hint
