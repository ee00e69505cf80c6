import os
from datetime import UTC, datetime, timedelta

import pytest
from tests.operations.cluster import Steps
from tests.operations.paper_backups import Paper, paper, sent
from tests.places import Projects

from uz.errors import StoreRefusedError
from uz.operations.expire_backups import expire_backups
from uz.targets.local.backups.cataloging import write_catalog

DAY = timedelta(days=1)
NOW = datetime.now(UTC)


@pytest.fixture
def made(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Paper:
    """A full backup on each of ten days, all off-site, as old as they say."""
    keep = {"daily": 2, "weekly": 0, "monthly": 0}
    one = paper(projects, monkeypatch, keep=keep, pitr="2d")
    for day in range(10):
        one.engine.log(day * 10, day * 10 + 9)
        one.engine.take(f"b{day}", NOW - (9 - day) * DAY, day * 10)
        write_catalog(one.repository, one.engine, "paper", "")
        sent(one)
        old = (NOW - (9 - day) * DAY).timestamp()
        for path in one.store.folder.rglob("*"):
            if path.is_file() and path.stat().st_mtime > NOW.timestamp():
                os.utime(path, (old, old))
    return one


def keys(made: Paper) -> set[str]:
    return {
        str(one.relative_to(made.store.folder / made.repository.id))
        for one in made.store.folder.rglob("*")
        if one.is_file()
    }


def test_what_is_older_goes_by_another_identity_and_no_more(made: Paper, steps: Steps) -> None:
    before = keys(made)
    planned = expire_backups(made.place, steps, dry_run=True)
    assert keys(made) == before
    done = expire_backups(made.place, steps)
    assert done.keys == planned.keys
    assert made.identities == ["retention", "retention"]
    left = keys(made)
    assert before - left == {key.partition("/")[2] for key in done.keys}
    assert {one.split("/")[2] for one in left if "/backup/" in one} == {"b7", "b8", "b9"}


def test_an_identity_that_may_not_is_refused(made: Paper, steps: Steps) -> None:
    made.store.refusing = True
    with pytest.raises(StoreRefusedError):
        expire_backups(made.place, steps)
