from datetime import UTC, datetime

import pytest
from tests.operations.cluster import Steps
from tests.operations.paper_backups import Paper, paper, sent
from tests.places import Projects

from uz.errors import StoreUnreachableError
from uz.operations import verify_backups as module
from uz.operations.backup import back_up
from uz.operations.verify_backups import compared, verify_backups

NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture
def made(projects: Projects, monkeypatch: pytest.MonkeyPatch, steps: Steps) -> Paper:
    one = paper(projects, monkeypatch)
    back_up(one.place, None, steps)
    back_up(one.place, None, steps)
    monkeypatch.setattr(module, "turn", lambda sizes, _number: sorted(sizes))
    return one


def test_where_all_is_there_nothing_is_wrong(made: Paper, steps: Steps) -> None:
    sent(made)
    found = verify_backups(made.place, steps)
    assert found.problems == ()
    assert found.read == found.named == 6
    assert found.size > 0


def test_what_the_engine_finds_is_told(
    made: Paper, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(made)
    engine = made.engine
    engine.problems = ("backup x: damaged",)
    monkeypatch.setattr(module, "engine_for", lambda *_: engine)
    assert verify_backups(made.place, steps).problems == ("database: backup x: damaged",)


def test_an_object_that_is_missing_is_named(made: Paper) -> None:
    sent(made, without="b001/bundle")
    (problem,) = compared(made.store, made.repository, NOW).problems
    assert problem.endswith("database/backup/b001/bundle: missing")


def test_an_object_of_another_size_is_named(made: Paper) -> None:
    sent(made)
    key = f"{made.repository.id}/database/backup/b001/bundle"
    (made.store.folder / key).write_text("longer than it was before")
    problems = compared(made.store, made.repository, NOW).problems
    assert any("bytes, not" in one for one in problems)


def test_an_object_of_the_same_size_that_is_another_is_found_when_it_is_read(made: Paper) -> None:
    sent(made)
    path = made.store.folder / made.repository.id / "database/backup/b001/bundle"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"x")
    (problem,) = compared(made.store, made.repository, NOW).problems
    assert "is not what is on this machine" in problem


def test_a_file_of_restics_is_known_by_its_name(made: Paper, steps: Steps) -> None:
    name = "0" * 64
    folder = made.repository.files / "data/00"
    folder.mkdir(parents=True)
    (folder / name).write_text("not what the name says")
    back_up(made.place, None, steps)
    sent(made)
    (problem,) = compared(made.store, made.repository, NOW).problems
    assert "is not what its name says" in problem


def test_without_a_catalog_no_backup_is_complete(made: Paper) -> None:
    (problem,) = compared(made.store, made.repository, NOW).problems
    assert "no backup is complete" in problem


def test_a_store_that_does_not_answer_decides_nothing(made: Paper, steps: Steps) -> None:
    made.store.down = True
    with pytest.raises(StoreUnreachableError):
        verify_backups(made.place, steps)


def test_without_another_place_only_what_is_here_is_read(
    projects: Projects, monkeypatch: pytest.MonkeyPatch, steps: Steps
) -> None:
    one = paper(projects, monkeypatch, offsite=None)
    back_up(one.place, None, steps)
    found = verify_backups(one.place, steps)
    assert (found.problems, found.named) == ((), 0)
