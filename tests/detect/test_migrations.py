from collections.abc import Callable

import pytest

from uz.detect.finding import Finding, Remark, Topic
from uz.detect.migrations import migrations
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]
NOTES = {"prisma/schema.prisma": "", "prisma/migrations/1/migration.sql": ""}


def found(repo: Repo, files: dict[str, str], *packages: str) -> list[tuple[str, bool]]:
    places = {name: f"requirements.txt:1: {name}" for name in packages}
    seen = [one for one in migrations(repo(files), places) if isinstance(one, Finding)]
    return [(one.value, one.sure) for one in seen if one.key == "database.migrate"]


@pytest.mark.parametrize(
    ("files", "packages", "command"),
    [
        ({"alembic.ini": ""}, ("alembic",), "alembic upgrade head"),
        (
            {"pyproject.toml": "[tool.alembic]\nscript_location = 'm'"},
            ("alembic",),
            "alembic upgrade head",
        ),
        ({"manage.py": ""}, ("django",), "python manage.py migrate --noinput"),
        ({"web/manage.py": ""}, ("django",), "python web/manage.py migrate --noinput"),
        (
            NOTES | {"package.json": '{"dependencies": {"prisma": "6"}}'},
            (),
            "npx prisma migrate deploy",
        ),
    ],
)
def test_a_tool_and_its_files_are_a_command(
    repo: Repo, files: dict[str, str], packages: tuple[str, ...], command: str
) -> None:
    assert found(repo, files, *packages) == [(command, True)]


@pytest.mark.parametrize(
    ("files", "packages", "command"),
    [
        ({"alembic.ini": ""}, (), "alembic upgrade head"),
        ({"a b/alembic.ini": ""}, ("alembic",), "alembic -c 'a b/alembic.ini' upgrade head"),
        ({"migrations/x.py": ""}, ("flask-migrate",), "flask db upgrade"),
        (
            NOTES | {"package.json": '{"devDependencies": {"prisma": "6"}}'},
            (),
            "npx prisma migrate deploy",
        ),
    ],
)
def test_where_something_is_missing_it_is_a_guess(
    repo: Repo, files: dict[str, str], packages: tuple[str, ...], command: str
) -> None:
    assert found(repo, files, *packages) == [(command, False)]


def test_one_command_for_each_tool(repo: Repo) -> None:
    files = {"alembic.ini": "", "b/alembic.ini": "", "manage.py": "", "b/manage.py": ""}
    assert len(found(repo, files, "alembic", "django")) == 2


def test_prisma_is_kept_from_asking_its_maker(repo: Repo) -> None:
    seen = [one for one in migrations(repo(NOTES), {}) if isinstance(one, Finding)]
    assert ("app.env.CHECKPOINT_DISABLE", "1") in [(one.key, one.value) for one in seen]


def test_a_release_process_is_told(repo: Repo) -> None:
    (remark,) = migrations(repo({"Procfile": "release: ./migrate"}), {})
    assert isinstance(remark, Remark)
    assert remark.topic is Topic.LATER
    assert remark.text.startswith("Procfile:1: release")
