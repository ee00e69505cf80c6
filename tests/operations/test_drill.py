from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.backups.repositories import Paths, an_hour, minutes
from tests.operations.cluster import Steps
from tests.places import Projects

from uz.backups import PASSPHRASE
from uz.backups.drilled import Drilled
from uz.backups.finding import Finding
from uz.backups.inventory import Inventory
from uz.backups.point import Point, Table
from uz.backups.target import LATEST, Aim, Target
from uz.errors import (
    BackupError,
    BusyError,
    MachineError,
    SecretError,
    StoreError,
    StoreRefusedError,
    StoreUnreachableError,
    UnhealthyError,
    UzError,
)
from uz.operations import drill as module
from uz.operations import drill_choice
from uz.operations.drill import drill
from uz.operations.drill_choice import DrillChoice
from uz.operations.drill_place import SCRATCH
from uz.operations.place import Place
from uz.operations.remaking import Remake
from uz.secret import Secret
from uz.targets.local.backups.records import Succeeded, write_succeeded
from uz.testing import FakeEnvironment
from uz.testing.folder_store import FolderStore

POINT = Point("uz-50", minutes(50), "0/32000110", "7", "cafe",
              {"public.orders": Table(3, "1")}, "")  # fmt: skip
PLAN: Any = SimpleNamespace(
    repository="cafe", backup=SimpleNamespace(label="diff"), passed_over=(), target=LATEST
)
SCHEMA = {"table public.orders": "d", "index public.orders_pkey": "e"}


CATALOG = "cafe/catalogs/20261126T030000.000000Z.json"


def held(name: str) -> Finding:
    return Finding(name, True, "well")


class Looks:
    """What is seen in the restored database."""

    def __init__(self, _wanted: object, point: Point, _at: object, phases: dict[str, float],
                 found: Callable[[Finding], None]) -> None:  # fmt: skip
        self.point, self.phases, self._found = point, phases, found
        self.backup, self.rpo, self.structure = "", None, dict[str, str]()
        self.canaries: tuple[datetime, ...] = ()

    def look(self, _server: object, plan: Any) -> None:
        self.backup, self.rpo, self.structure = plan.backup.label, 2.5, dict(SCHEMA)  # type: ignore[assignment]
        self.canaries = WORLD[0].canaries
        self.phases["check"] = 0.5
        self._found(held("point"))
        WORLD[0].step("look")


@dataclass
class World:
    """All that a drill stands on. `breaks`: what goes wrong there, by the step's name."""

    store: FolderStore
    done: list[str] = field(default_factory=list)
    breaks: dict[str, BaseException] = field(default_factory=dict)
    canaries: tuple[datetime, ...] = tuple(minutes(half / 2) for half in range(119))
    after: dict[str, str] = field(default_factory=lambda: dict(SCHEMA))
    newest: tuple[str, ...] = ()
    smoke: Finding = field(default_factory=lambda: held("GET /health"))
    remade: Remake | None = None
    moments: list[Target] = field(default_factory=list)
    scratches: list[Path] = field(default_factory=list)

    def step(self, name: str) -> None:
        self.done.append(name)
        if name in self.breaks:
            raise self.breaks[name]

    @contextmanager
    def around(self, name: str) -> Iterator[None]:
        self.step(name)
        try:
            yield
        finally:
            self.done.append(f"{name} ended")

    def choice(self, *_: object) -> DrillChoice:
        self.step("choice")
        plan = SimpleNamespace(**{**vars(PLAN), "passed_over": self.newest})
        return DrillChoice(an_hour().inventory(), plan, POINT, minutes(60))  # type: ignore[arg-type]

    @contextmanager
    def restored(
        self, _shop: object, _source: object, plan: Any, scratch: Path, **keys: Any
    ) -> Iterator[Any]:
        self.scratches.append(scratch)
        name = "restored" if keys.get("until") else "moment"
        with self.around(name):
            yield SimpleNamespace(
                server=SimpleNamespace(ask=None), plan=plan, seconds={"fetch": 1.0, "restore": 2.0}
            )

    def remake(self, what: Remake, _progress: object) -> None:
        self.remade = what
        self.step("remake")
        what.inspect(None, PLAN)  # type: ignore[arg-type]
        what.phases["up"] = 3.0

    def planned(self, _shop: object, _source: object, target: Target) -> object:
        self.moments.append(target)
        return PLAN


WORLD: list[World] = []


@pytest.fixture
def place(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = projects.applied(database={}, backups={"offsite": "embedded", "smoke": ["/cart"]})
    fake = FakeEnvironment(made.spec)
    fake.source.values[PASSPHRASE] = Secret(b"correct horse")
    monkeypatch.setattr(Place, "environment", property(lambda _place: fake))
    return made


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(FolderStore(tmp_path))
    made.store.put(CATALOG, b"{}")
    WORLD[:] = [made]

    def smoking(_env: object, paths: tuple[str, ...]) -> tuple[Finding, ...]:
        assert paths == ("/cart",)
        return (made.smoke,)

    def canaried(_ask: object, _moment: object, interval: timedelta) -> Finding:
        assert interval == timedelta(seconds=30)
        return held("moment")

    def as_then(_ask: object, moment: datetime, row: datetime) -> Finding:
        assert timedelta() < moment - row < timedelta(seconds=30)
        return held("moment")

    for name, put in {
        "Looking": Looks,
        "store_for": lambda _place: made.store,
        "drills_held": lambda _place: made.around("held"),
        "drill_choice": made.choice,
        "drill_place": lambda place, _progress: nullcontext(place),
        "drill_kit": lambda *_: None,
        "removed_afterwards": lambda *_: made.around("beside"),
        "remake": made.remake,
        "restored": made.restored,
        "planned": made.planned,
        "primary_session": lambda _env: SimpleNamespace(ask=None),
        "structure": lambda _ask: made.after,
        "smoked": smoking,
        "canaried": canaried,
        "as_then": as_then,
    }.items():
        monkeypatch.setattr(module, name, put)
    return made


def wrong(done: Drilled) -> dict[str, str]:
    return {one.name: one.detail for one in done.findings if not one.held}


def test_the_whole_environment_is_made_again_beside_and_used(
    place: Place, world: World, steps: Steps
) -> None:
    done = drill(place, steps)
    assert done.ok
    assert [one.name for one in done.findings] == [
        "newest", "point", "migrations", "GET /health", "moment",
    ]  # fmt: skip
    assert world.done == ["held", "choice", "beside", "remake", "look", "beside ended", "moment",
                          "moment ended", "held ended"]  # fmt: skip
    assert (done.repository, done.backup, done.point, done.rpo) == ("cafe", "diff", "uz-50", 2.5)
    assert done.whole
    assert done.phases["up"] == 3.0


def test_it_uses_what_would_be_left_without_the_machine(
    place: Place, world: World, steps: Steps
) -> None:
    drill(place, steps)
    what = world.remade
    assert what
    assert (what.target, what.store) == (LATEST, world.store)
    assert what.first
    assert (what.first.aim, what.first.name) == (Aim.POINT, "uz-50")
    assert not what.outside, "what is outside of the environment is not written over"
    assert what.origin
    assert not what.origin.secrets, "they come from the backup"


def test_the_database_alone_is_restored_without_the_app(
    place: Place, world: World, steps: Steps
) -> None:
    done = drill(place, steps, whole=False)
    assert done.ok
    assert not done.whole
    assert [one.name for one in done.findings] == ["newest", "point", "moment"]
    assert {"beside", "remake"}.isdisjoint(world.done)
    assert world.scratches == [place.layout.root / SCRATCH] * 2
    assert done.phases["restore"] == 2.0


@pytest.mark.parametrize("whole", [True, False])
def test_the_moment_has_a_backup_before_it_and_a_change_after_it(
    place: Place, world: World, steps: Steps, whole: bool
) -> None:
    for _ in range(20):
        drill(place, steps, whole=whole)
    (first, last) = minutes(1.5), minutes(59)
    assert all(one.at and first < one.at < last for one in world.moments)
    assert len({one.at for one in world.moments}) > 1


def test_no_moment_is_tried_in_a_pause_of_the_beat(
    place: Place, world: World, steps: Steps
) -> None:
    """The environment was down, or nothing was sent: nobody knows what was written last then."""
    world.canaries = tuple(map(minutes, (10, 30, 30.5, 50)))
    for _ in range(10):
        drill(place, steps, whole=False)
    assert all(one.at and minutes(30) < one.at < minutes(30.5) for one in world.moments)


def test_without_a_canary_no_moment_is_tried(place: Place, world: World, steps: Steps) -> None:
    world.canaries = ()
    drill(place, steps, whole=False)
    assert world.moments == []


def test_right_behind_the_first_backup_the_first_change_is_waited_for(
    place: Place, world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.canaries = (minutes(1),)
    monkeypatch.setattr(drill_choice, "NAMES", Paths())
    monkeypatch.setattr(module, "inventories", lambda _store: (an_hour().inventory(),))
    assert drill(place, steps, whole=False).ok
    assert world.moments[0].at == minutes(1.5) + timedelta(seconds=1)


def test_where_nothing_comes_behind_it_that_is_wrong(
    place: Place, world: World, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.canaries = (minutes(1),)
    quiet = Inventory("cafe", an_hour().inventory().catalogs)
    monkeypatch.setattr(module, "inventories", lambda _store: (quiet,))
    monkeypatch.setattr(module, "SOON", timedelta(seconds=-59.9))
    done = drill(place, steps, whole=False)
    assert "later than the first backup" in wrong(done)["moment"]


def test_an_app_that_does_not_answer_is_wrong(place: Place, world: World, steps: Steps) -> None:
    world.smoke = Finding("GET /cart", False, "500")
    done = drill(place, steps)
    assert not done.ok
    assert wrong(done) == {"GET /cart": "500"}
    assert ("GET /cart", "WRONG: 500") in steps.said


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"table public.orders": "d"}, "index public.orders_pkey"),
        (SCHEMA | {"table public.carts": "f"}, "table public.carts"),
        (SCHEMA | {"table public.orders": "g"}, "table public.orders"),
        ({}, "index public.orders_pkey and 1 more"),
    ],
)
def test_a_migration_that_changed_something_says_that_the_backup_was_behind(
    place: Place, world: World, steps: Steps, after: dict[str, str], said: str
) -> None:
    world.after = after
    done = drill(place, steps)
    assert wrong(done) == {
        "migrations": f"`uz up` with the release's migration changed {said}: the backup was"
        " behind it, or somebody made that by hand"
    }


def test_a_newer_backup_that_is_damaged_is_wrong(place: Place, world: World, steps: Steps) -> None:
    world.newest = ("backup F2: a file is missing",)
    done = drill(place, steps, whole=False)
    assert wrong(done) == {"newest": "backup F2: a file is missing"}


@pytest.mark.parametrize("step", ["choice", "remake", "look", "moment"])
@pytest.mark.parametrize(
    "error", [BackupError("x"), StoreError("x"), SecretError("x"), UnhealthyError("x")]
)
def test_what_stops_it_is_in_the_record_with_all_that_was_found_until_then(
    place: Place, world: World, steps: Steps, step: str, error: BaseException
) -> None:
    world.breaks[step] = error
    done = drill(place, steps)
    assert not done.ok
    assert done.stopped == "x"
    assert ("stopped", "x") in steps.said
    assert world.done[-1] == "held ended"
    assert ("point" in {one.name for one in done.findings}) == (step in {"look", "moment"})


@pytest.mark.parametrize(
    "error", [StoreUnreachableError("x"), StoreRefusedError("x"), MachineError("x"), BusyError("x")]
)
@pytest.mark.parametrize("step", ["choice", "remake"])
def test_where_it_cannot_be_tried_at_all_it_says_nothing_of_the_backups(
    place: Place, world: World, steps: Steps, step: str, error: UzError
) -> None:
    world.breaks[step] = error
    with pytest.raises(type(error)):
        drill(place, steps)
    assert world.done[-1] == "held ended"


def test_interrupted_it_lets_everything_go(place: Place, world: World, steps: Steps) -> None:
    world.breaks["look"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        drill(place, steps)
    assert world.done[-2:] == ["beside ended", "held ended"]


def test_without_a_database_the_rest_is_tried(place: Place, world: World, steps: Steps) -> None:
    bare = Place(place.project, place.spec.model_copy(update={"database": None}),
                 place.machine, place.stack, place.layout)  # fmt: skip
    done = drill(bare, steps)
    assert done.ok
    assert {one.name: one.detail for one in done.findings} == {
        "migrations": "there is no database", "GET /health": "well",
    }  # fmt: skip
    done = drill(bare, steps, whole=False)
    assert done.stopped == "there is no database to compare"


@pytest.mark.parametrize("tables", [{}, {"backups": {}}])
def test_without_anything_off_site_it_is_refused(
    projects: Projects, steps: Steps, tables: dict[str, Any]
) -> None:
    place = projects.applied(database={}, **tables)
    with pytest.raises(UzError):
        drill(place, steps)


def test_the_passphrase_has_to_be_there(place: Place, world: World, steps: Steps) -> None:
    del place.environment.source.values[PASSPHRASE]  # type: ignore[attr-defined]
    with pytest.raises(SecretError):
        drill(place, steps)
    assert world.done == []


def test_before_the_first_backup_there_is_nothing_to_try_and_that_is_no_finding(
    place: Place, world: World, steps: Steps
) -> None:
    (world.store.folder / CATALOG).unlink()
    world.store.put("cafe/database/log/1", b"sent before")
    with pytest.raises(UzError, match="nothing was backed up yet") as told:
        drill(place, steps)
    assert "uz jobs" in told.value.hint
    assert world.done == []


def test_where_backups_were_taken_and_none_is_left_that_is_a_finding(
    place: Place, world: World, steps: Steps
) -> None:
    (world.store.folder / CATALOG).unlink()
    place.layout.repositories.mkdir(parents=True)
    write_succeeded(place.layout, Succeeded(at=minutes(1)))
    world.breaks["choice"] = BackupError("there is no complete backup off-site")
    assert drill(place, steps).stopped == "there is no complete backup off-site"
