"""The order of a restore in place, and what happens when a step fails; live: tests/live."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from uz.errors import BackupError, BusyError, MachineError, UnhealthyError, UzError
from uz.operations import restore_in_place as module
from uz.operations.backup import PATIENCE
from uz.operations.restore import Choice
from uz.operations.restore_in_place import PutBack, restore_in_place, undo_restore
from uz.targets.local.backups.holding import backups_held
from uz.targets.local.backups.swapping import Before
from uz.targets.local.layout import Layout
from uz.targets.local.up import Applied


class Stage:
    """What would happen, in order; a step named in `failing` raises."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[str] = []
        self.failing: dict[str, list[UzError]] = {}
        self.runs = True
        self.waited: list[float] = []
        self.place = cast(Any, SimpleNamespace(
            layout="layout", spec=None, stack=None, project="p", environment=None,
        ))  # fmt: skip
        quiet = self.block("quiet")
        self.real_quiet = module._quiet
        for name, instead in {
            "same_project": self.step("same project", None),
            "changing": self.block("held"),
            "finish": self.step("finish", None),
            "_fits": self.step("fits", None),
            "_runs": lambda _place: self.runs,
            "back_up": self.backed_up,
            "_quiet": quiet,
            "backups_held": self.backups_held,
            "_recovered": self.step("recovered", {"fetch": 1.0}),
            "_database_stopped": self.step("database stopped", None),
            "_swapped": self.step("swapped", None),
            "_up": self.step("up", Applied("0001")),
            "before": self.step("look", None),
        }.items():
            monkeypatch.setattr(module, name, instead)

    def happens(self, name: str) -> None:
        self.events.append(name)
        if self.failing.get(name):
            raise self.failing[name].pop(0)

    def step(self, name: str, returned: object) -> Callable[..., object]:
        def act(*_words: object, **_more: object) -> object:
            self.happens(name)
            return returned

        return act

    def block(self, name: str) -> Callable[..., object]:
        @contextmanager
        def held(*_words: object) -> Iterator[None]:
            self.happens(name)
            yield

        return held

    @contextmanager
    def backups_held(self, _layout: object, _command: str, within: float = 0.0) -> Iterator[None]:
        self.waited.append(within)
        self.happens("backups held")
        yield

    def backed_up(self, _place: object, kind: object, *_more: object) -> object:
        self.happens(f"backup {kind}")
        return SimpleNamespace(notes=("Redis",))

    def restore(self) -> PutBack:
        return restore_in_place(
            self.place, cast(Choice, None), Path("/s"), "restore", lambda _one, _what: None
        )


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(monkeypatch)


def test_a_safety_backup_comes_first_and_one_of_the_new_data_last(stage: Stage) -> None:
    done = stage.restore()
    assert stage.events == [
        "same project",
        "held",
        "finish",
        "fits",
        "backups held",
        "backup None",
        "backups held",
        "quiet",
        "recovered",
        "up",
        "backup full",
        "look",
    ]
    assert done.notes == ("not in the safety backup: Redis",)
    assert done.seconds == {"fetch": 1.0}


def test_without_room_for_it_nothing_is_stopped(stage: Stage) -> None:
    stage.failing["fits"] = [MachineError("no room")]
    with pytest.raises(MachineError, match="no room"):
        stage.restore()
    assert stage.events[-1] == "fits"


def test_without_a_safety_backup_nothing_is_touched(stage: Stage) -> None:
    stage.failing["backup None"] = [MachineError("the disk is full")]
    with pytest.raises(MachineError, match="full"):
        stage.restore()
    assert "quiet" not in stage.events


def test_a_database_that_does_not_run_is_put_aside_only(stage: Stage) -> None:
    stage.runs = False
    done = stage.restore()
    assert "backup None" not in stage.events
    assert "no safety backup was taken" in done.notes[0]


def test_where_it_does_not_come_up_the_way_back_is_told(stage: Stage) -> None:
    stage.failing["up"] = [UnhealthyError("app-1 does not start", hint="Look.")]
    with pytest.raises(UnhealthyError, match="(?s)app-1 .*what was there before is kept") as error:
        stage.restore()
    assert "uz restore --undo" in error.value.hint


@pytest.mark.parametrize(
    ("error", "said"),
    [(BusyError("x"), "is being taken"), (BackupError("no room"), "no backup .* no room")],
)
def test_where_the_last_backup_fails_that_is_a_note(
    stage: Stage, error: UzError, said: str
) -> None:
    stage.failing["backup full"] = [error]
    assert re.search(said, stage.restore().notes[-1])


def test_an_undo_swaps_back_without_a_safety_backup(stage: Stage, tmp_path: Path) -> None:
    found = Before(datetime.now(UTC), tmp_path)
    undo_restore(stage.place, found, "restore --undo", lambda _one, _what: None)
    assert stage.events[2:] == [
        "backups held", "quiet", "database stopped", "swapped", "up", "backup full", "look",
    ]  # fmt: skip


def test_what_was_put_aside_and_is_gone_is_told(stage: Stage, tmp_path: Path) -> None:
    found = Before(datetime.now(UTC), tmp_path / "gone")
    with pytest.raises(BackupError, match="is not there any more") as raised:
        undo_restore(stage.place, found, "restore --undo", lambda _one, _what: None)
    assert "uz backup list" in raised.value.hint
    assert "quiet" not in stage.events


@pytest.mark.parametrize("undo", [False, True])
def test_a_backup_that_runs_is_waited_for_before_anything_is_stopped(
    stage: Stage, tmp_path: Path, undo: bool
) -> None:
    stage.failing["backups held"] = [BusyError("`uz backup now --scheduled` works on the backups")]
    stage.runs = False
    told: list[str] = []

    def progress(name: str, what: str) -> None:
        told.append(f"{name}: {what}")

    if undo:
        undo_restore(stage.place, Before(datetime.now(UTC), tmp_path), "restore", progress)
    else:
        restore_in_place(stage.place, cast(Choice, None), Path("/s"), "restore", progress)
    begun = stage.events.index("backups held")
    assert stage.events[begun : begun + 3] == ["backups held", "backups held", "quiet"]
    assert stage.waited == [0.0, PATIENCE]
    assert (
        "backups: `uz backup now --scheduled` works on the backups: waiting for it,"
        " 30 min at most" in told
    )


def test_a_backup_in_another_process_s_hands_is_waited_for(tmp_path: Path) -> None:
    layout = Layout(tmp_path, "shop", "production")
    place = cast(Any, SimpleNamespace(layout=layout))
    layout.app_folder.mkdir(parents=True)
    told: list[str] = []
    other = ExitStack()
    other.enter_context(backups_held(layout, "backup now --scheduled"))
    timer = threading.Timer(0.3, other.close)
    timer.start()
    with (
        module._backups_ours(place, "restore", lambda _name, what: told.append(what)),
        pytest.raises(BusyError, match="uz restore"),
        backups_held(layout, "backup now"),
    ):
        pass
    timer.join(60)
    assert "uz backup now --scheduled" in told[0]
    with backups_held(layout, "backup now"):
        pass


def test_one_that_does_not_end_costs_no_outage(stage: Stage) -> None:
    stage.failing["backups held"] = [BusyError("it runs"), BusyError("it runs still")]
    with pytest.raises(BusyError, match="still"):
        stage.restore()
    assert "quiet" not in stage.events


@pytest.mark.parametrize("ran", [True, False])
def test_what_fails_before_the_swap_brings_back_what_ran(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, ran: bool
) -> None:
    running = SimpleNamespace(running=True)
    names = ["openbao", *(["app-1", "database-1"] if ran else [])]
    supervisor = SimpleNamespace(processes=lambda: dict.fromkeys(names, running))
    services = [
        SimpleNamespace(name=name, in_release=name.startswith("app"), once=False)
        for name in ("database-1", "pgbouncer", "app-1")
    ]
    env = SimpleNamespace(supervisor=supervisor, stop=lambda name: stage.events.append(name))
    stage.place.environment = env
    stage.place.stack = SimpleNamespace(in_start_order=lambda: services)
    monkeypatch.setattr(module, "stopped_by_now", lambda _env: None)
    with pytest.raises(BackupError, match="flipped"):  # noqa: SIM117 - the block that fails
        with stage.real_quiet(stage.place, lambda _one, _what: None):
            raise BackupError("flipped byte")
    assert stage.events == (["app-1", "pgbouncer", "up"] if ran else [])
    stage.failing["up"] = [UnhealthyError("and no start")]
    if ran:
        with pytest.raises(UnhealthyError, match="(?s)flipped byte.*and no start"):  # noqa: SIM117
            with stage.real_quiet(stage.place, lambda _one, _what: None):
                raise BackupError("flipped byte")
