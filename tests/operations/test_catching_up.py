from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.places import short_folder

from uz.operations import catching_up as module
from uz.operations.catching_up import CatchingUp
from uz.targets.local.backups.records import Shipping
from uz.targets.local.backups.repository import prepare_repository
from uz.targets.local.layout import Layout
from uz.targets.local.prepare import prepare_top
from uz.waiting import met

GAP = Shipping(gap_since=datetime.now(UTC))


@pytest.fixture
def layout() -> Iterator[Layout]:
    """An environment whose `uz` writes down what it was asked for, and takes its time."""
    with short_folder() as folder:
        one = Layout(folder, "shop", "trial")
        prepare_top(one)
        one.data.mkdir(parents=True)
        prepare_repository(one)
        slow = "trap 'echo ended >> \"$log\"; exit 1' TERM\n"
        (one.root / "uz").write_text(
            f'log={one.root}/asked\n{slow}echo "$*" >> "$log"\n'
            f"while [ ! -e {one.root}/done ]; do sleep 0.05; done\n"
        )
        yield one


def asked(layout: Layout) -> list[str]:
    path = layout.root / "asked"
    return path.read_text().splitlines() if path.exists() else []


def test_after_a_gap_a_backup_is_asked_for_once(layout: Layout) -> None:
    one = CatchingUp(layout)
    try:
        assert one.look(GAP)
        assert met(lambda: bool(asked(layout)), 60)
        assert asked(layout) == [f"--applied {layout.root} --quiet backup now --scheduled"]
        assert not one.look(GAP)
        (layout.root / "done").touch()
        assert met(lambda: not one.look(GAP) and one.running is None, 60)
        assert len(asked(layout)) == 1
    finally:
        one.end()


def test_a_while_later_it_is_asked_for_again(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BETWEEN", 0.0)
    (layout.root / "done").touch()
    one = CatchingUp(layout)
    assert one.look(GAP)
    assert met(lambda: one.look(GAP), 60)
    assert met(lambda: not one.look(Shipping()) and one.running is None, 60)


def test_another_gap_does_not_wait_and_neither_does_one_that_lacked_room(layout: Layout) -> None:
    (layout.root / "done").touch()
    one = CatchingUp(layout)
    assert one.look(GAP)
    another = Shipping(gap_since=datetime.now(UTC))
    assert met(lambda: one.look(another), 60)
    assert met(lambda: not one.look(another) and one.running is None, 60)
    assert not one.look(replace(another, disk_low=True))
    assert one.look(another)
    assert met(lambda: not one.look(another) and one.running is None, 60)


def test_where_all_is_well_or_there_is_no_room_nothing_is_asked(layout: Layout) -> None:
    one = CatchingUp(layout)
    assert not one.look(Shipping())
    assert not one.look(Shipping(gap_since=datetime.now(UTC), disk_low=True))
    assert asked(layout) == []


def test_a_repository_that_was_begun_anew_gets_its_first_backup(layout: Layout) -> None:
    fresh = prepare_repository(layout, anew=True)
    one = CatchingUp(layout)
    (layout.root / "done").touch()
    assert one.look(Shipping())
    assert met(lambda: not one.look(Shipping()) and one.running is None, 60)
    (fresh.catalogs / "one.json").write_text("{}")
    assert not CatchingUp(layout).look(Shipping())


def test_it_is_ended_with_the_service(layout: Layout) -> None:
    one = CatchingUp(layout)
    one.end()
    assert one.look(GAP)
    assert met(lambda: bool(asked(layout)), 60)
    assert one.running is not None
    pid = one.running.pid
    one.end()
    assert met(lambda: one.running is not None and one.running.ended() is not None, 60)
    assert asked(layout)[-1] == "ended"
    one.running.close()
    assert met(lambda: not Path(f"/proc/{pid}").exists(), 60)
