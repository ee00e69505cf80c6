import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.errors import ProgramError
from uz.operations import migrate as migrating
from uz.operations import place as placing
from uz.operations.place import Place


@pytest.fixture(autouse=True)
def _all_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Miss no program: the machine of tests has not all of them."""
    monkeypatch.setattr(placing, "require", lambda *_: None)


def test_how_long_it_took_and_where_its_log_is_are_said(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[str] = []

    def migrate(_place: Place, command: str) -> float:
        commands.append(command)
        return 2.34

    monkeypatch.setattr(migrating, "migrate", migrate)
    place = projects.applied(database={"migrate": "sh migrate.sh"})
    said = uz("migrate")
    assert (said.code, said.err) == (0, "")
    assert said.out == f"migrated in 2.3 s; its log: {place.layout.logs / 'migrate.log'}\n"
    assert commands[0].endswith("migrate")


def test_one_that_fails_has_code_2_and_the_last_lines(
    uz: Uz, projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    def migrate(_place: Place, _command: str) -> float:
        raise ProgramError("migrate failed with code 3, last lines:\n    no table", hint="See.")

    monkeypatch.setattr(migrating, "migrate", migrate)
    projects.applied(database={"migrate": "sh migrate.sh"})
    said = uz("migrate")
    assert (said.code, said.out) == (2, "")
    assert said.err == "uz: migrate failed with code 3, last lines:\n    no table\nnext: See.\n"


def test_without_a_migration_it_is_said_what_to_write(uz: Uz, projects: Projects) -> None:
    projects.applied(database={})
    said = uz("migrate")
    assert said.code == 2
    assert "uz.toml has no database.migrate\nnext: Write it, such as: [database]" in said.err
