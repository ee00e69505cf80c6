import threading
from pathlib import Path

import pytest
from tests.targets.local.backups.shop import Shop, shop

from uz.backups.shipment import Shipment
from uz.errors import MachineError
from uz.targets.local.backups.sending import CATALOGS_KEPT, Sending, There
from uz.targets.local.layout import Layout


@pytest.fixture
def one(prepared: Layout, short: Path) -> Shop:
    return shop(prepared, short / "store")


def sending(one: Shop) -> Sending:
    there = There()
    there.take(one.store)
    return Sending(one.repository, there, threading.Event())


def test_what_is_off_site_is_known_by_its_path_in_the_repository(one: Shop) -> None:
    one.store.put(f"{one.repository.id}/database/a", b"12")
    one.store.put("other/database/b", b"345")
    there = sending(one).there
    assert there.of(one.repository) == {"database/a": 2}
    assert there.size == 5


def test_a_file_that_went_out_of_date_meanwhile_is_left_out(one: Shop) -> None:
    what = Shipment((("database/gone",),))
    assert sending(one).send(one.store, what, {"database/gone": 1}) == ()
    assert one.away() == set()


def test_a_file_that_cannot_be_read_is_told(one: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    one.engine.log(1)
    (path,) = (one.repository.database / "log").iterdir()
    name = f"database/log/{path.name}"

    def unreadable(key: str, content: object) -> None:
        raise MachineError(f"{key}: Input/output error")

    monkeypatch.setattr(one.store, "put", unreadable)
    with pytest.raises(MachineError, match="Input/output"):
        sending(one).send(one.store, Shipment(((name,),)), {name: 1})


def test_catalogs_off_site_are_kept_here_up_to_a_number(one: Shop) -> None:
    last = [one.backup(f"b{n}", n) for n in range(1, 9)][-1]
    shipping = one.shipper(local=10)
    shipping.round()
    left = sorted(one.repository.catalogs.iterdir())
    assert len(left) == CATALOGS_KEPT
    assert left[-1].name == last.key.rsplit("/", 1)[-1]
    assert len([key for key in one.away() if key.startswith("catalogs/")]) == 8


def test_a_damaged_catalog_is_removed_when_a_newer_one_is_there(one: Shop) -> None:
    broken = one.repository.catalogs / "20000101T000000.000000Z.json"
    broken.write_text("{")
    one.shipper().round()
    assert broken.exists()
    one.backup("full", 1)
    one.shipper().round()
    assert not broken.exists()
