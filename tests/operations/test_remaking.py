from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.backups.repositories import an_hour, minutes
from tests.operations.cluster import Steps
from tests.places import Projects

from uz.backups.finding import Finding
from uz.backups.inventory import Inventory
from uz.backups.tally import Tally
from uz.backups.target import LATEST, Target, to_point, to_time
from uz.errors import BackupError, SecretError, UnhealthyError
from uz.operations import remaking as module
from uz.operations.place import Place
from uz.operations.remaking import Remake, remake, timed
from uz.secret import Secret
from uz.targets.local.backups.files import RestoredFiles
from uz.targets.local.backups.recovering import SUFFIX
from uz.targets.local.layout import Layout
from uz.targets.local.one_run import Origin
from uz.targets.local.recovery import Kit
from uz.testing.folder_store import FolderStore

PASSPHRASE = Secret(b"correct horse")
POINT = to_point("uz-50", minutes(50))
FILES = ["fetch", "files", "redis", "app"]
DATABASE = ["restored", "inspect", "stop", "database"]
"""What is done side by side, each in its order: the environment is in its place with `finish`."""


@dataclass
class World:
    """Everything that a remake stands on. `breaks`: what goes wrong there, by the step's name."""

    store: FolderStore
    done: list[str] = field(default_factory=list)
    breaks: dict[str, BaseException] = field(default_factory=dict)
    found: tuple[Inventory, ...] = ()
    restored: RestoredFiles | None = None
    asked: dict[str, Any] = field(default_factory=dict)
    looks: list[Finding] = field(default_factory=list)

    def step(self, name: str, **asked: Any) -> None:
        """Note that it was done, and with what."""
        self.done.append(name)
        self.asked |= {f"{name}.{key}": value for key, value in asked.items()}
        if name in self.breaks:
            raise self.breaks[name]

    @contextmanager
    def database(
        self, _shop: object, source: object, chosen: object, scratch: Path, **keys: Any
    ) -> Iterator[Any]:
        """A database that is restored."""
        self.step("restored", source=source, chosen=chosen, scratch=scratch, **keys)
        server = SimpleNamespace(stop=lambda: self.step("stop"))
        yield SimpleNamespace(
            server=server,
            plan=chosen,
            data=scratch / "data",
            seconds={"fetch": 2.0, "recover": 3.0},
        )

    @contextmanager
    def openbao(self, _recovery: object, kit: object) -> Iterator[Any]:
        """A secrets manager that is made, and takes what is given."""
        self.step("new openbao", kit=kit)
        yield lambda snapshot: self.step("openbao", snapshot=snapshot)

    def inspect(self, _server: object, _plan: object) -> None:
        """What a drill looks at."""
        self.step("inspect")


def catalogs(made: Inventory) -> Inventory:
    """The same with a snapshot of files in each catalog."""
    return replace(
        made,
        catalogs=tuple(
            replace(one, snapshot=f"s{number}", files={**one.files, "files/data/ab": 7})
            for number, one in enumerate(made.catalogs)
        ),
    )


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(FolderStore(tmp_path), found=(catalogs(an_hour().inventory()),))
    made.restored = RestoredFiles(
        None, tmp_path / "redis", None, tmp_path / "app", {"/srv/more": tmp_path / "more"}
    )

    def step(name: str) -> Any:
        return lambda *words, **keys: made.step(name, words=words, **keys)

    def files(*words: Any) -> RestoredFiles:
        made.step("files", words=words)
        into: Path = words[3]
        into.mkdir(parents=True, exist_ok=True)
        (into / "upload").write_bytes(b"of a user")
        assert made.restored
        return made.restored

    def further(folders: object) -> tuple[str, ...]:
        made.step("further", folders=folders)
        return ("/srv/more: holds something already",)

    def planned(_shop: object, _source: object, target: Target, **keys: Any) -> object:
        made.step("planned", target=target, **keys)
        return SimpleNamespace(target=target)

    for name, put in {
        "fetched_files": step("fetch"),
        "restore_files": files,
        "openbao_made": made.openbao,
        "recover_secrets": step("secrets"),
        "recover_redis": step("redis"),
        "recover_app": step("app"),
        "recover_further": further,
        "restored": made.database,
        "planned": planned,
        "recover_database": step("database"),
        "begin": step("begin"),
        "finish": step("finish"),
        "discard": step("discard"),
        "up": step("up"),
    }.items():
        monkeypatch.setattr(module, name, put)
    monkeypatch.setattr(module, "OffSite", lambda _store: SimpleNamespace(found=lambda: made.found))
    return made


TABLES: dict[str, Any] = {
    "database": {}, "redis": {"purpose": "store"}, "backups": {"offsite": "embedded"},
}  # fmt: skip


@pytest.fixture
def place(projects: Projects) -> Place:
    return projects.place(**TABLES)


def what(place: Place, world: World, **keys: Any) -> Remake:
    """To the latest by way of a point, as a drill does; what was decided is `chosen`."""
    wanted: dict[str, Any] = {
        "kit": None, "target": LATEST, "chosen": SimpleNamespace(target=LATEST), "first": POINT,
        "inspect": world.inspect, "found": world.looks.append,
    }  # fmt: skip
    return Remake(place=place, store=world.store, passphrase=PASSPHRASE, **(wanted | keys))


def snapshot(world: World) -> str:
    """Which snapshot of files was restored."""
    return str(world.asked["files.words"][2])


def test_data_comes_first_and_only_what_is_whole_is_brought_up(
    place: Place, world: World, steps: Steps
) -> None:
    assert remake(what(place, world), steps) == ()
    first, *both, finish, last = world.done
    assert (first, finish, last) == ("begin", "finish", "up")
    assert [one for one in both if one in FILES] == FILES
    assert [one for one in both if one not in FILES] == DATABASE


def test_a_drill_stops_at_the_point_and_leaves_the_rest_to_who_looks(
    place: Place, world: World, steps: Steps
) -> None:
    remake(what(place, world), steps)
    assert world.asked["restored.until"] == POINT
    assert not world.asked["restored.promote"]
    assert world.asked["restored.durable"]
    assert f"production{SUFFIX}/" in f"{world.asked['restored.scratch']}/"


def test_a_recovery_goes_to_its_target_at_once(place: Place, world: World, steps: Steps) -> None:
    target = to_time(minutes(40))
    remake(what(place, world, first=None, chosen=None, target=target), steps)
    assert world.asked["planned.target"] == target
    assert world.asked["restored.promote"]
    assert world.asked["restored.until"] is None


@pytest.mark.parametrize(
    ("target", "taken"),
    [(LATEST, "s1"), (to_time(minutes(31)), "s1"), (to_time(minutes(30)), "s0"),
     (to_time(minutes(0)), "s0")],
)  # fmt: skip
def test_files_are_of_the_newest_backup_that_is_not_after_the_target(
    place: Place, world: World, steps: Steps, target: Target, taken: str
) -> None:
    remake(what(place, world, target=target), steps)
    assert snapshot(world) == taken
    assert world.asked["fetch.words"][2] == {"files/data/ab": 7}
    assert world.asked["files.words"][1] == PASSPHRASE


def counting(world: World, tally: str) -> None:
    """Have the files counted in each catalog."""
    (one,) = world.found
    world.found = (
        replace(one, catalogs=tuple(replace(each, tally=tally) for each in one.catalogs)),
    )


@pytest.mark.parametrize(("size", "held"), [(9, True), (10, False)])
def test_files_are_compared_with_what_was_counted(
    place: Place, world: World, steps: Steps, size: int, held: bool
) -> None:
    counting(world, Tally(1, size).sealed(PASSPHRASE))
    remake(what(place, world), steps)
    (found,) = world.looks
    assert (found.name, found.held) == ("files", held)
    assert world.done[-1] == "up", "what came back is used all the same"


def test_files_that_were_not_counted_are_not_called_right(
    place: Place, world: World, steps: Steps
) -> None:
    remake(what(place, world), steps)
    (found,) = world.looks
    assert not found.held
    assert "not counted" in found.detail


def test_a_count_that_is_damaged_does_not_keep_the_files_from_coming_back(
    place: Place, world: World, steps: Steps
) -> None:
    counting(world, Tally(1, 9).sealed(Secret(b"another")))
    remake(what(place, world), steps)
    (found,) = world.looks
    assert not found.held
    assert "cannot be opened" in found.detail
    assert world.done[-1] == "up"


@pytest.mark.parametrize("step", [*FILES, *DATABASE, "finish"])
@pytest.mark.parametrize("error", [BackupError("damaged"), KeyboardInterrupt()])
def test_whatever_goes_wrong_before_all_is_whole_nothing_is_left(
    place: Place, world: World, steps: Steps, step: str, error: BaseException
) -> None:
    world.breaks[step] = error
    with pytest.raises(type(error)):
        remake(what(place, world), steps)
    assert world.done[-1] == "discard"
    assert "up" not in world.done


def test_what_is_in_the_place_already_is_not_removed(
    place: Place, world: World, steps: Steps
) -> None:
    world.breaks["begin"] = BackupError("there is an environment already")
    with pytest.raises(BackupError, match="already"):
        remake(what(place, world), steps)
    assert world.done == ["begin"]


def test_data_that_is_back_stays_where_the_stack_does_not_come_up(
    place: Place, world: World, steps: Steps
) -> None:
    world.breaks["up"] = UnhealthyError("app-1 is not ready")
    phases: dict[str, float] = {}
    with pytest.raises(UnhealthyError):
        remake(what(place, world, phases=phases), steps)
    assert "discard" not in world.done
    assert "up" in phases


def test_without_a_complete_backup_it_is_asked_whether_the_place_is_right(
    place: Place, world: World, steps: Steps
) -> None:
    world.found = (Inventory("half"),)
    with pytest.raises(BackupError, match="no complete backup off-site") as error:
        remake(what(place, world), steps)
    assert "bucket" in error.value.hint


def test_a_catalog_without_files_is_refused(place: Place, world: World, steps: Steps) -> None:
    world.found = (an_hour().inventory(),)
    with pytest.raises(BackupError, match="names no snapshot") as raised:
        remake(what(place, world), steps)
    assert "--to" in raised.value.hint


def test_further_folders_are_put_back_only_where_that_is_asked_for(
    place: Place, world: World, steps: Steps
) -> None:
    remake(what(place, world), steps)
    assert "further" not in world.done
    notes = remake(what(place, world, outside=True), steps)
    assert notes == ("/srv/more: holds something already",)


def test_only_what_the_spec_still_has_is_put_back(
    projects: Projects, world: World, steps: Steps
) -> None:
    bare = projects.place(backups={"offsite": "embedded"})
    remake(what(bare, world), steps)
    assert {"redis", "restored", "database"}.isdisjoint(world.done)
    assert world.done[-2:] == ["finish", "up"]


def test_secrets_of_a_file_come_back(
    place: Place, world: World, steps: Steps, tmp_path: Path
) -> None:
    assert world.restored
    world.restored = replace(world.restored, secrets=tmp_path / "secrets.json")
    remake(what(place, world), steps)
    assert world.asked["secrets.words"][1] == tmp_path / "secrets.json"


def test_without_its_backup_a_secrets_manager_cannot_come_back(
    projects: Projects, world: World, steps: Steps
) -> None:
    place = projects.place(**TABLES, secrets={})
    with pytest.raises(BackupError, match="nothing of the secrets manager") as raised:
        remake(what(place, world, kit=a_kit(place.layout)), steps)
    assert "--to" in raised.value.hint


def test_without_the_kit_it_is_not_begun(projects: Projects, world: World, steps: Steps) -> None:
    with pytest.raises(SecretError, match="recovery kit"):
        remake(what(projects.place(**TABLES, secrets={}), world), steps)
    assert "new openbao" not in world.done


def test_with_both_it_does(projects: Projects, world: World, steps: Steps, tmp_path: Path) -> None:
    place = projects.place(**TABLES, secrets={})
    assert world.restored
    world.restored = replace(world.restored, openbao=tmp_path / "raft")
    kit = a_kit(place.layout)
    remake(what(place, world, kit=kit), steps)
    assert world.asked["new openbao.kit"] == kit
    assert world.asked["openbao.snapshot"] == tmp_path / "raft"
    assert world.done.index("new openbao") < world.done.index("fetch")
    assert world.done.index("openbao") < world.done.index("finish")


def a_kit(layout: Layout) -> Kit:
    secret = Secret(b"s")
    return Kit(layout.app, layout.environment, secret, secret, (), PASSPHRASE, "")


def test_a_drills_environment_is_brought_up_as_a_child_of_the_one_it_is_made_from(
    place: Place, world: World, steps: Steps
) -> None:
    remake(what(place, world, origin=Origin(place.layout, place.spec, secrets=False)), steps)
    assert world.asked["up.parent"] == "production"
    remake(what(place, world), steps)
    assert world.asked["up.parent"] == ""


def test_phases_add_up(place: Place, world: World, steps: Steps) -> None:
    phases = {"fetch": 1.0}
    remake(what(place, world, phases=phases), steps)
    assert phases["fetch"] == 3.0
    assert phases["recover"] == 3.0
    assert {"plan", "files", "up"} <= set(phases)


def test_a_phase_that_fails_is_timed_as_well() -> None:
    phases: dict[str, float] = {}
    for _ in range(2):
        with pytest.raises(BackupError), timed(phases, "up"):
            raise BackupError("no")
    assert 0 <= phases["up"] < timedelta(seconds=5).total_seconds()
