from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.operations.cluster import Steps
from tests.operations.paper_backups import Paper, paper
from tests.places import Projects

from uz.operations import backup_offsite as module
from uz.operations.backup import Done, back_up
from uz.operations.backup_offsite import await_offsite
from uz.targets.local.backups.records import Shipping, read_succeeded, write_shipping


@pytest.fixture
def made(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Paper:
    monkeypatch.setattr(module, "STILL", 0.2)
    return paper(projects, monkeypatch)


@pytest.fixture
def done(made: Paper, steps: Steps) -> Done:
    return back_up(made.place, None, steps)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def test_it_is_over_when_the_catalog_is_there(made: Paper, done: Done, steps: Steps) -> None:
    write_shipping(made.place.layout, Shipping(published=done.catalog))
    assert await_offsite(made.place, done, steps) == ""
    known = read_succeeded(made.place.layout)
    assert known is not None
    assert known.offsite


def test_a_later_catalog_is_as_good_and_another_repositorys_is_not(
    made: Paper, done: Done, steps: Steps
) -> None:
    write_shipping(made.place.layout, Shipping(published=done.catalog + "x"))
    assert await_offsite(made.place, done, steps) == ""
    write_shipping(made.place.layout, Shipping(published="zzz/catalogs/9.json"))
    assert "nothing arrived" in await_offsite(made.place, done, steps)


def test_what_shipping_failed_with_is_told_at_once(
    made: Paper, done: Done, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STILL", 60)
    write_shipping(made.place.layout, Shipping(at=soon(), error="no answer"))
    assert "not off-site yet: no answer." in await_offsite(made.place, done, steps)


def test_an_old_error_is_not_taken_for_a_new_one(made: Paper, done: Done, steps: Steps) -> None:
    past = datetime.now(UTC) - timedelta(minutes=1)
    write_shipping(made.place.layout, Shipping(at=past, error="no answer"))
    assert "nothing arrived" in await_offsite(made.place, done, steps)


def test_where_shipping_does_not_run_it_is_not_waited_for_long(
    made: Paper, done: Done, steps: Steps
) -> None:
    said = await_offsite(made.place, done, steps)
    assert "nothing arrived for a while (`uz logs shipping` says why)" in said


def test_while_something_arrives_it_is_waited_for(
    made: Paper, done: Done, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [Shipping(queue_files=9 - one) for one in range(6)]
    states += [replace(states[-1], published=done.catalog)] * 3
    monkeypatch.setattr(
        module, "read_shipping", lambda _layout: states.pop(0) if len(states) > 1 else states[0]
    )
    assert await_offsite(made.place, done, steps) == ""


def test_without_another_place_that_is_said(
    projects: Projects, monkeypatch: pytest.MonkeyPatch, steps: Steps
) -> None:
    made = paper(projects, monkeypatch, offsite=None)
    done = back_up(made.place, None, steps)
    assert "on this machine only" in await_offsite(made.place, done, steps)
