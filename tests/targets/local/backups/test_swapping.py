import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.places import short_folder

from uz.components import compose
from uz.errors import MachineError
from uz.stack import Stack
from uz.targets.local.backups import swapping
from uz.targets.local.backups.repository import current_repository, prepare_repository
from uz.targets.local.backups.swapping import before, decide, finish, mark
from uz.targets.local.layout import Layout
from uz.targets.local.prepare import prepare
from uz.targets.local.state import State, read_state, write_state
from uz.testing import MACHINE, spec

SPEC = spec("trial", database={"replicas": 1}, backups={})
STACK = compose(SPEC, MACHINE)


@pytest.fixture
def place() -> Iterator[Layout]:
    with short_folder() as home:
        home.chmod(0o711)
        layout = Layout(home, "shop", "trial")
        prepare(layout, STACK)
        prepare_repository(layout)
        applied = {"database-setup": "x", "database-1": "y", "archive-setup": "z"}
        write_state(layout, State(applied=applied))
        cluster(layout.data / "database/database-1", "old")
        cluster(layout.data / "database/database-2", "copy", standby=True)
        cluster(layout.data / "restore/one/data", "new")
        yield layout


def cluster(folder: Path, content: str, *, standby: bool = False) -> None:
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("15\n")
    (folder / "content").write_text(content)
    if standby:
        (folder / "standby.signal").touch()


def source(layout: Layout) -> Path:
    return layout.data / "restore/one/data"


def content(layout: Layout, name: str = "database-1") -> str:
    return (layout.data / "database" / name / "content").read_text()


def test_what_was_restored_takes_the_place_and_what_was_there_is_kept(place: Layout) -> None:
    repository = current_repository(place).id
    decide(place, source(place), "database-1")
    assert finish(place, SPEC, STACK)
    assert content(place) == "new"
    assert not (place.data / "database/database-2").exists()
    found = before(place)
    assert found is not None
    assert (found.folder / "content").read_text() == "old"
    assert [one.name for one in found.folder.parent.iterdir()] == ["database-1"]
    assert current_repository(place).id != repository
    assert not mark(place).exists()
    state = read_state(place)
    assert state is not None
    assert dict(state.applied) == {"database-1": "y"}
    assert finish(place, SPEC, STACK) is None
    assert content(place) == "new"


def test_it_can_be_undone_and_that_too(place: Layout) -> None:
    decide(place, source(place), "database-1")
    finish(place, SPEC, STACK)
    for expected, other in (("old", "new"), ("new", "old")):
        found = before(place)
        assert found is not None
        decide(place, found.folder, "database-1")
        finish(place, SPEC, STACK)
        assert content(place) == expected
        kept = before(place)
        assert kept is not None
        assert (kept.folder / "content").read_text() == other
        assert len(list(kept.folder.parent.parent.iterdir())) == 1


class Killed(BaseException):
    """Stands for kill -9."""


@pytest.mark.parametrize("step", range(1, 12))
def test_killed_anywhere_the_next_run_finishes_it(
    place: Layout, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    repository = current_repository(place).id
    decide(place, source(place), "database-1")
    count = 0

    def dying(act: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*words: Any, **more: Any) -> Any:
            nonlocal count
            count += 1
            if count == step:
                raise Killed
            return act(*words, **more)

        return acted

    with monkeypatch.context() as patched:
        for name in ("rename", "unlink", "rmdir"):
            patched.setattr(Path, name, dying(getattr(Path, name)))
        for name in ("prepare_repository", "_run_once_again", "_removed", "_kept", "folder"):
            patched.setattr(swapping, name, dying(getattr(swapping, name)))
        try:
            finish(place, SPEC, STACK)
        except Killed:
            contents = {one.read_text() for one in place.data.rglob("content")}
            assert {"old", "new"} <= contents  # nothing is ever lost
            assert mark(place).exists()
    finish(place, SPEC, STACK)
    assert content(place) == "new"
    found = before(place)
    assert found is not None
    assert (found.folder / "content").read_text() == "old"
    assert not (place.data / "database/database-2").exists()
    assert current_repository(place).id != repository
    assert not mark(place).exists()


def test_remains_of_standbys_that_were_copied_go(place: Layout) -> None:
    cluster(place.data / "database/database-2.new", "half")
    (place.data / "database/database-1.rewinding").touch()
    decide(place, source(place), "database-1")
    finish(place, SPEC, STACK)
    left = {one.name for one in (place.data / "database").iterdir()}
    assert left == {"database-1", "before-restore"}


def test_what_is_there_twice_is_never_thrown_away(place: Layout) -> None:
    swap = decide(place, source(place), "database-1")
    cluster(place.data / f"database/before-restore/{swap.stamp}/database-1", "older")
    with pytest.raises(MachineError, match="was put aside already"):
        finish(place, SPEC, STACK)
    assert content(place) == "old"


def test_where_both_are_gone_nothing_is_made_up(place: Layout) -> None:
    decide(place, source(place), "database-1")
    shutil.rmtree(source(place))
    shutil.rmtree(place.data / "database/database-1")
    with pytest.raises(MachineError, match="gone, and it was to become"):
        finish(place, SPEC, STACK)


@pytest.mark.parametrize(
    "change",
    [
        {"source": "../../../etc"},
        {"source": "/etc"},
        {"leader": "../x"},
        {"stamp": "../../x"},
        {"more": 1},
    ],
)
def test_a_decision_that_leads_elsewhere_is_refused(
    place: Layout, change: dict[str, object]
) -> None:
    decide(place, source(place), "database-1")
    found = json.loads(mark(place).read_text())
    mark(place).write_text(json.dumps(found | change))
    with pytest.raises(MachineError, match="damaged"):
        finish(place, SPEC, STACK)
    assert content(place) == "old"


def test_a_half_written_decision_is_told(place: Layout) -> None:
    mark(place).write_text('{"source": "data')
    with pytest.raises(MachineError, match="damaged"):
        finish(place, SPEC, STACK)


def test_without_a_restore_nothing_was_before(place: Layout) -> None:
    assert before(place) is None
    (place.data / "database/before-restore/junk/database-1").mkdir(parents=True)
    (place.data / "database/before-restore/20200101T000000.000000Z/other").mkdir(parents=True)
    assert before(place) is None


def test_without_backups_no_repository_is_begun(place: Layout) -> None:
    repository = current_repository(place).id
    decide(place, source(place), "database-1")
    finish(place, SPEC.model_copy(update={"backups": None}), Stack())
    assert current_repository(place).id == repository
