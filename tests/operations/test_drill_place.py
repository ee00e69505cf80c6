import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from tests.operations.cluster import Steps
from tests.places import Projects

from uz.components import compose
from uz.errors import BusyError, MachineError, SecretError
from uz.operations import drill_place as module
from uz.operations.drill_place import (
    SCRATCH,
    drill_kit,
    drill_place,
    drill_spec,
    drills_held,
    removed_afterwards,
)
from uz.operations.place import Place, layout_of
from uz.secret import Secret
from uz.spec import Kind
from uz.targets.local.layout import Layout
from uz.targets.local.state import State, locked, write_state
from uz.testing import MACHINE, spec

EVERYTHING: dict[str, Any] = {
    "app": {"instances": 4},
    "processes": {"mail": {"command": "send"}},
    "database": {"replicas": 2},
    "redis": {"purpose": "store", "replicas": 2},
    "backups": {"offsite": "embedded"},
}


@pytest.fixture
def place(projects: Projects) -> Place:
    return projects.applied(database={}, backups={"offsite": "embedded"})


def beside(place: Place) -> Layout:
    """Where the private environment of a drill is."""
    return layout_of(drill_spec(place.spec, 25000))


def killed(place: Place, *, parent: str = "production") -> Layout:
    """What a drill leaves that is killed at the worst time."""
    layout = beside(place)
    for folder in (layout.root, Path(f"{layout.root}.recovering"), place.layout.root / SCRATCH):
        (folder / "data").mkdir(parents=True)
    write_state(layout, State(kind="rehearsal", parent=parent))
    layout.bootstrap.write_text("opens everything")
    return layout


def test_nothing_of_a_drill_can_be_taken_for_the_environment() -> None:
    made = spec(**EVERYTHING)
    drilled = drill_spec(made, 25000)
    assert drilled.environment == "production-drill"
    assert drilled.kind is Kind.REHEARSAL
    own = compose(made, MACHINE)
    ports = {one.port for service in own.services for one in service.listens}
    taken = {one.port for service in compose(drilled, MACHINE).services for one in service.listens}
    assert ports.isdisjoint(taken)
    assert all(25000 <= port < 26000 for port in taken)


def test_it_is_as_small_as_can_be_and_sends_nothing_out() -> None:
    services = {
        one.name for one in compose(drill_spec(spec(**EVERYTHING), 25000), MACHINE).services
    }
    assert {"app-1", "database-1", "redis"} <= services
    assert services.isdisjoint(
        {
            "app-2",
            "database-2",
            "redis-replica-1",
            "mail",
            "mail-1",
            "shipping",
            "scheduler",
            "offsite",
        }
    )


@pytest.mark.parametrize("name", ["production", "a" * 24, "twenty-three-characters", "x-y"])
def test_its_name_is_as_long_as_a_name_may_be(name: str) -> None:
    made = drill_spec(spec(name, database={}), 25000)
    assert len(made.environment) <= 24
    assert made.environment.endswith("-drill")
    assert "--" not in made.environment


def test_only_one_is_made_at_a_time_and_another_one_is_waited_for(place: Place) -> None:
    got, free = threading.Event(), threading.Event()

    def first() -> None:
        with drills_held(place):
            got.set()
            free.wait(60)

    thread = threading.Thread(target=first)
    thread.start()
    assert got.wait(60)
    threading.Timer(0.3, free.set).start()
    with drills_held(place):
        assert free.is_set()
    thread.join(60)


def test_one_that_does_not_end_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OTHERS", 0.05)
    with (
        locked(beside(place), "drill"),
        pytest.raises(BusyError, match="production-drill: `uz drill"),
        drills_held(place),
    ):
        raise AssertionError


def test_it_leaves_the_environment_itself_free(place: Place) -> None:
    with drills_held(place), locked(place.layout, "up"):
        pass


def test_whatever_a_killed_one_left_is_gone_before_the_next(place: Place) -> None:
    layout = killed(place)
    with drills_held(place):
        assert not layout.root.exists()
        assert not layout.bootstrap.exists()
        assert not Path(f"{layout.root}.recovering").exists()
        assert not (place.layout.root / SCRATCH).exists()
    assert place.layout.root.is_dir()


def test_an_environment_of_that_name_that_is_the_users_own_is_never_touched(
    place: Place, steps: Steps
) -> None:
    layout = killed(place, parent="")
    with drills_held(place):
        assert layout.state.exists()
        assert layout.bootstrap.exists()
        with pytest.raises(MachineError, match="an environment of its own"):  # noqa: SIM117
            with drill_place(place, steps):
                pass
    assert layout.state.exists()


def test_its_place_is_beside_on_free_ports(place: Place, steps: Steps) -> None:
    with drill_place(place, steps) as made:
        assert made.layout == beside(place)
        assert made.project == place.project
        assert made.spec.network.port_base != place.spec.network.port_base
        assert made.stack == compose(made.spec, MACHINE)
        assert not made.layout.root.exists()


def test_two_at_once_are_on_other_ports(place: Place, steps: Steps) -> None:
    with drill_place(place, steps) as one, drill_place(place, steps) as other:
        assert abs(one.spec.ports.base - other.spec.ports.base) >= 1000


@pytest.mark.parametrize("error", [None, ValueError(), KeyboardInterrupt()])
def test_it_is_removed_however_it_is_left(
    place: Place, steps: Steps, error: BaseException | None
) -> None:
    expected = pytest.raises(type(error)) if error else nullcontext()
    with expected, drill_place(place, steps) as made, removed_afterwards(made, steps):
        killed(place)
        if error:
            raise error
    assert not made.layout.root.exists()
    assert not made.layout.bootstrap.exists()


def test_secrets_of_a_file_need_no_kit(place: Place, steps: Steps) -> None:
    with drill_place(place, steps) as made:
        assert drill_kit(place, made, Secret(b"p")) is None


def test_the_kit_has_what_opens_the_environment_and_the_name_of_the_drill(
    projects: Projects, steps: Steps
) -> None:
    place = projects.applied(database={}, backups={}, secrets={})
    with drill_place(place, steps) as made:
        pass
    assert drill_kit(place, made, Secret(b"p")) is None
    place.layout.bootstrap.write_text("opens everything")
    place.layout.bootstrap.chmod(0o400)
    kit = drill_kit(place, made, Secret(b"p"))
    assert kit
    assert (kit.app, kit.environment) == ("shop", "production-drill")
    assert kit.bootstrap == Secret(b"opens everything")
    assert kit.backup_passphrase == Secret(b"p")
    assert kit.shares == ()
    place.layout.bootstrap.chmod(0o600)
    place.layout.bootstrap.write_text("cut")
    with pytest.raises(SecretError, match="damaged"):
        drill_kit(place, made, Secret(b"p"))
