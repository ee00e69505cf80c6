from dataclasses import replace
from datetime import UTC, datetime

import pytest

from uz.targets.local.backups.records import (
    Shipping,
    Succeeded,
    read_shipping,
    read_succeeded,
    write_shipping,
    write_succeeded,
)
from uz.targets.local.backups.repository import prepare_repository
from uz.targets.local.layout import Layout

NOW = datetime(2026, 11, 26, 12, 30, 1, 5, tzinfo=UTC)
STATE = Shipping(
    at=NOW, offsite="s3://shop", repository="cafe", succeeded_at=NOW, covered_at=NOW,
    published="cafe/catalogs/x.json", published_at=NOW, queue_files=3, queue_bytes=4,
    waiting_since=NOW, overwritten=("a", "b"), gap_since=None, error="a\nb", hint="c",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _folder(prepared: Layout) -> None:
    prepare_repository(prepared)


def test_what_is_written_is_read_again(prepared: Layout) -> None:
    write_shipping(prepared, STATE)
    assert read_shipping(prepared) == STATE
    success = Succeeded(NOW, "b1", "full", 1.5, "cafe/catalogs/x.json", notes=("one",))
    write_succeeded(prepared, success)
    assert read_succeeded(prepared) == success
    assert success.arrived() == replace(success, offsite=True)


def test_nothing_written_is_nothing_known(prepared: Layout) -> None:
    assert read_shipping(prepared) is None
    assert read_succeeded(prepared) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": 2}', '{"format": 1, "at": "x"}',
             '{"format": 1, "at": 5}'],
)  # fmt: skip
def test_what_is_damaged_is_as_good_as_nothing(prepared: Layout, text: str) -> None:
    for name in ("shipping.json", "backups.json"):
        (prepared.repositories / name).write_text(text)
    assert read_shipping(prepared) is None
    assert read_succeeded(prepared) is None


def test_what_a_later_version_adds_is_left_out(prepared: Layout) -> None:
    (prepared.repositories / "shipping.json").write_text('{"format": 1, "new": 1}')
    assert read_shipping(prepared) == Shipping()
