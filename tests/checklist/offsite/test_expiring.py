"""Old backups go and needed ones stay; and retentions that only look as if they did that."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from tests.checklist.backups_stand import BackupsStand, as_production

from uz.backups.inventory import Inventory, Naming
from uz.backups.sweeping import Sweep, sweep
from uz.checklist.offsite import expiring as module
from uz.checklist.offsite.expiring import REPOSITORY, expiring
from uz.spec.backups import Keep
from uz.testing import FakeEnvironment
from uz.testing.backups import RIGHTS
from uz.verdict import State


def swept(stand: BackupsStand, monkeypatch: pytest.MonkeyPatch, change: Any) -> str:
    """Why it is refuted, where the retention removes what `change` makes of the right keys."""

    def wrong(
        found: Sequence[Inventory], keep: Keep, pitr: timedelta, now: datetime, naming: Naming
    ) -> Sweep:
        right = sweep(found, keep, pitr, now, naming)
        return replace(right, keys=tuple(change(right.keys, found[0])))

    monkeypatch.setattr(module, "sweep", wrong)
    verdict = expiring(stand)
    assert verdict.state is State.REFUTED, verdict.reason
    return verdict.reason


def test_the_retention_leaves_what_it_promises_and_all_that_this_needs(stand: BackupsStand) -> None:
    before = stand.fake.objects()
    found = expiring(stand)
    assert found.state is State.PROVEN, found.reason
    stay, gone = int(found.figures["stay"]), int(found.figures["gone"])
    assert stay > 0
    assert gone > 0
    assert f"of {stay + gone} made-up backups {stay} are left" in found.reason
    assert stand.fake.objects() == before


@pytest.mark.parametrize(
    "table",
    [
        {"keep": {"daily": 1, "weekly": 0, "monthly": 0}, "pitr": "1d"},
        {"keep": {"daily": 30, "weekly": 8, "monthly": 6}, "pitr": "3d"},
        {"keep": {"daily": 2, "weekly": 0, "monthly": 0}, "pitr": "60d"},
        {"keep": {"daily": 366, "weekly": 0, "monthly": 0}, "pitr": "400d"},
        {"keep": {"daily": 7, "weekly": 40, "monthly": 12}, "pitr": "190d"},
    ],
    ids=["little", "much", "window", "years", "weeks"],
)
def test_it_holds_for_any_retention(tmp_path: Path, table: dict[str, Any]) -> None:
    found = expiring(BackupsStand(tmp_path, **table))
    assert found.state is State.PROVEN, found.reason


@pytest.mark.parametrize("hour", [0, 1, 2, 12, 23])
def test_it_holds_at_any_time_of_the_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hour: int
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Clock":
            return cls(2026, 3, 1, hour, 30, tzinfo=tz)

    monkeypatch.setattr(module, "datetime", Clock)
    keep = {"daily": 366, "weekly": 0, "monthly": 0}
    found = expiring(BackupsStand(tmp_path, keep=keep, pitr="400d"))
    assert found.state is State.PROVEN, found.reason


def test_without_backups_it_is_missing() -> None:
    assert expiring(FakeEnvironment()).state is State.MISSING


def test_it_says_nothing_of_where_the_store_is(stand: BackupsStand) -> None:
    assert expiring(as_production(stand)).state is State.PROVEN


def test_an_identity_that_may_remove_nothing_refutes_it(stand: BackupsStand) -> None:
    stand.fake.rights["retention"] = RIGHTS["reader"]
    found = expiring(stand)
    assert found.state is State.REFUTED
    assert "may not remove anything" in found.reason


def test_a_retention_that_removes_nothing_is_refuted(
    stand: BackupsStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = swept(stand, monkeypatch, lambda _keys, _found: ())
    assert "nothing was removed" in said


def test_one_that_removes_a_backup_inside_the_window_is_refuted(
    stand: BackupsStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(keys: tuple[str, ...], found: Inventory) -> list[str]:
        newest, _ = found.backups()[0]
        return [*keys, *(f"{REPOSITORY}/{path}" for path in found.files if newest.label in path)]

    assert "was removed, which backups.keep" in swept(stand, monkeypatch, greedy)


def test_one_that_counts_right_and_takes_a_full_backup_that_others_need_is_refuted(
    stand: BackupsStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many backups are left as promised, and most of them are worth nothing."""

    def shallow(keys: tuple[str, ...], found: Inventory) -> list[str]:
        needed = next(one.needs[0] for one, _ in found.backups() if one.needs)
        return [*keys, *(f"{REPOSITORY}/{path}" for path in found.files if f"/{needed}/" in path)]

    assert "something that it needs was not" in swept(stand, monkeypatch, shallow)


def test_what_an_interrupted_one_left_is_cleared_away_first(stand: BackupsStand) -> None:
    stray = f"{REPOSITORY}/database/backup/main/20200101-000000F/bundle/1"
    stand.fake.store().put(stray, b"x")
    assert expiring(stand).state is State.PROVEN
    assert stray not in stand.fake.objects()


def test_the_environments_own_backups_are_left_alone_when_it_fails(
    stand: BackupsStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stand.fake.objects()
    monkeypatch.setattr(module, "sweep", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        expiring(stand)
    assert stand.fake.objects() == before
