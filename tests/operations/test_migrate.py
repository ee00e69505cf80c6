from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.places import Projects

from uz.errors import BusyError, MachineError, ProgramError, UnhealthyError, UzError
from uz.operations import migrate as migrating
from uz.operations.migrate import migrate
from uz.operations.place import Place
from uz.secret import FileSecrets, Secret, SecretSource
from uz.stack import Service
from uz.targets.local.config import write_config
from uz.targets.local.layout import Layout
from uz.targets.local.render import render
from uz.targets.local.state import State, locked, write_state
from uz.targets.local.supervise import Supervisor
from uz.trail import entries


class Ran:
    """What is run instead of the migration."""

    def __init__(self) -> None:
        self.services: list[str] = []
        self.delivered: list[tuple[str, SecretSource, Mapping[str, Secret]]] = []
        self.error: Exception | None = None

    def once(self, _layout: Layout, service: Service) -> float:
        self.services.append(service.name)
        if self.error:
            raise self.error
        return 1.5

    def deliver(
        self, _: Layout, service: Service, source: SecretSource, given: Mapping[str, Secret]
    ) -> None:
        self.delivered.append((service.name, source, given))


@pytest.fixture(autouse=True)
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    one = Ran()
    monkeypatch.setattr(migrating, "run_once", one.once)
    monkeypatch.setattr(migrating, "deliver_to", one.deliver)
    monkeypatch.setattr(migrating, "primary", lambda _env: "database-1")
    monkeypatch.setattr(Supervisor, "pid", lambda _self: 1)
    return one


@pytest.fixture
def place(projects: Projects) -> Place:
    return brought_up(projects, projects.place(database={"migrate": "sh migrate.sh"}))


def brought_up(projects: Projects, place: Place, release: str = "0007") -> Place:
    """As `uz up` leaves it."""
    projects.apply(place, release=release)
    for folder in (place.layout.active, place.layout.releases / "0007", place.layout.data):
        folder.mkdir(parents=True)
    (place.layout.data / "database").mkdir()
    write_config(place.layout, render(place.spec, place.stack, place.machine))
    for service in place.stack.services:
        for file, secret in service.credentials.items():
            path = place.layout.credentials / service.folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"delivered {secret}")
    return place


def test_it_runs_in_the_active_release_and_is_in_the_trail(place: Place, ran: Ran) -> None:
    assert migrate(place, "migrate") == 1.5
    assert ran.services == ["migrate"]
    assert (place.layout.active / "migrate").resolve().name == "0007"
    assert [(one.command, one.outcome) for one in entries(place.layout.trail)] == [
        ("uz migrate", "done")
    ]


def test_it_is_told_the_port_of_the_primary_and_others_keep_what_they_have(
    place: Place, ran: Ran
) -> None:
    FileSecrets(place.layout.secrets).write("database/migrations", Secret(b"newest"))
    (place.layout.data / "database" / "primary").write_text("database-2 20401\n")
    before = delivered(place)
    migrate(place, "migrate")
    ((service, source, given),) = ran.delivered
    assert service == "migrate"
    assert source.read("database/migrations") == Secret(b"newest")
    assert given["database/port"].reveal() == b"20401"
    assert delivered(place) == before


def test_it_gets_the_secrets_that_uz_toml_refers_to(projects: Projects, ran: Ran) -> None:
    file = projects.folder / "stripe"
    file.write_text("sk-of-the-file")
    reference = f"ref+file://{file}"
    app = {"env": {"STRIPE_KEY": reference}}
    place = projects.place(app=app, database={"migrate": "sh migrate.sh"})
    migrate(brought_up(projects, place), "migrate")
    ((_, _, given),) = ran.delivered
    assert given[reference] == Secret(b"sk-of-the-file")


def delivered(place: Place) -> dict[Path, bytes]:
    """All that lies in memory."""
    files = (one for one in place.layout.credentials.rglob("*") if one.is_file())
    return {one: one.read_bytes() for one in files}


def test_one_that_fails_says_so_in_the_trail(place: Place, ran: Ran) -> None:
    ran.error = ProgramError(
        "migrate failed with code 3, last lines of its log:\n    no such table"
    )
    with pytest.raises(ProgramError, match="failed with code 3"):
        migrate(place, "migrate")
    outcome = entries(place.layout.trail)[-1].outcome
    assert outcome == "failed: migrate failed with code 3, last lines of its log:"


@pytest.mark.parametrize("file", ["services/app-1", "services/migrate", "database/postgresql.conf"])
def test_it_is_refused_while_uz_toml_says_something_else(place: Place, ran: Ran, file: str) -> None:
    path = place.layout.config / file
    path.write_text(path.read_text() + "# of another uz.toml\n")
    with pytest.raises(UzError, match="says something else than what runs") as raised:
        migrate(place, "migrate")
    assert "`uz up` applies it" in raised.value.hint
    assert ran.services == []


def test_it_is_refused_while_something_runs_that_uz_toml_no_longer_has(
    place: Place, ran: Ran
) -> None:
    (place.layout.config / "services" / "redis").write_text("exec redis-server\n")
    with pytest.raises(UzError, match="says something else"):
        migrate(place, "migrate")
    assert ran.services == []


def test_without_a_migration_it_is_said_what_to_write(projects: Projects) -> None:
    with pytest.raises(UzError, match=r"no database\.migrate") as raised:
        migrate(projects.applied(database={}), "migrate")
    assert "alembic" in raised.value.hint
    with pytest.raises(UzError, match=r"has no \[database\]"):
        migrate(projects.place(), "migrate")


def test_it_is_refused_while_all_is_down(
    place: Place, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Supervisor, "pid", lambda _self: None)
    with pytest.raises(UzError, match="is down") as raised:
        migrate(place, "migrate")
    assert "uz up" in raised.value.hint
    assert (ran.services, ran.delivered) == ([], [])


def test_it_is_refused_without_a_primary(
    place: Place, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_env: object) -> str:
        raise UnhealthyError("no server is the primary")

    monkeypatch.setattr(migrating, "primary", none)
    with pytest.raises(UnhealthyError, match="no server is the primary"):
        migrate(place, "migrate")
    assert ran.services == []


def test_it_is_refused_before_the_first_release_is_up(place: Place, ran: Ran) -> None:
    write_state(place.layout, State(project=str(place.project)))
    with pytest.raises(UzError, match="no release was brought up yet"):
        migrate(place, "migrate")
    assert ran.services == []


def test_it_is_refused_while_another_command_works(place: Place, ran: Ran) -> None:
    with locked(place.layout, "up"), pytest.raises(BusyError, match="`uz up"):
        migrate(place, "migrate")
    assert ran.services == []


def test_another_projects_database_is_not_migrated(place: Place, ran: Ran) -> None:
    write_state(place.layout, State(project="/elsewhere", release="0007"))
    with pytest.raises(MachineError, match="belongs to the project /elsewhere"):
        migrate(place, "migrate")
    assert ran.services == []
