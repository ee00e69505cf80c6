import time
from collections.abc import Callable

import pytest

from uz.detect.data import data
from uz.detect.finding import Finding, Topic
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]
SCHEMA = 'datasource db {\n  provider = "postgresql"\n}'


def texts(
    repo: Repo, files: dict[str, str], *packages: str, topic: Topic = Topic.MISSING
) -> list[str]:
    places = {name: f"requirements.txt:1: {name}" for name in packages}
    seen = data(repo(files), places)
    return [one.text for one in seen if not isinstance(one, Finding) and one.topic is topic]


@pytest.mark.parametrize(
    ("package", "topic", "text"),
    [
        ("asyncpg", Topic.MISSING, "the command that migrates PostgreSQL ({}): write it into"),
        ("pg", Topic.MISSING, "the command that migrates PostgreSQL ({}): write it into"),
        ("ioredis", Topic.MISSING, "what Redis is for ({}): write [redis] with purpose"),
        ("pymysql", Topic.LATER, "{}: MySQL; until then bring your own"),
        ("mongoose", Topic.LATER, "{}: MongoDB; until then bring your own"),
    ],
)
def test_a_driver_tells_of_its_server(repo: Repo, package: str, topic: Topic, text: str) -> None:
    (found,) = texts(repo, {}, package, topic=topic)
    assert found.startswith(text.format(f"requirements.txt:1: {package}"))


@pytest.mark.parametrize("file", ["docker-compose.yml", "compose.yaml", "docker-compose.dev.yml"])
def test_an_image_of_a_compose_file_is_a_hint(repo: Repo, file: str) -> None:
    (text,) = texts(repo, {file: "services:\n  db:\n    image: 'bitnami/redis:7.2'  # cache\n"})
    assert text.startswith(f"what Redis is for ({file}:3: image redis)")


@pytest.mark.parametrize(
    "line",
    ["# image: postgres", "image: postgres-exporter:1", "image: my/shop:1", "name: postgres"],
)
def test_what_only_looks_like_an_image_of_a_database_is_none(repo: Repo, line: str) -> None:
    assert texts(repo, {"compose.yml": f"    {line}\n"}) == []


def test_each_server_is_named_once(repo: Repo) -> None:
    files = {"compose.yml": "  image: postgres:16\n  image: postgis/postgis\n"}
    assert len(texts(repo, files, "psycopg", "asyncpg")) == 1


def test_migrations_are_for_postgresql(repo: Repo) -> None:
    (found,) = data(repo({"alembic.ini": ""}), {"alembic": "r.txt:1", "psycopg": "r.txt:2"})
    assert found == Finding("database.migrate", "alembic upgrade head", "alembic.ini; r.txt:1")


@pytest.mark.parametrize("packages", [(), ("pymysql",)])
def test_migrations_without_postgresql_are_told(repo: Repo, packages: tuple[str, ...]) -> None:
    (text,) = texts(repo, {"alembic.ini": ""}, "alembic", *packages)
    assert text.startswith("PostgreSQL, for which [database] takes `alembic upgrade head` (alembic")


@pytest.mark.parametrize(
    "files", [{"manage.py": ""}, {"tests/alembic.ini": ""}, {"migrations/x.sql": ""}]
)
def test_what_only_looks_like_migrations_is_none(repo: Repo, files: dict[str, str]) -> None:
    assert texts(repo, files) == []


def test_a_prisma_schema_without_migrations_is_remarked_on(repo: Repo) -> None:
    files = {"prisma/schema.prisma": SCHEMA}
    assert len(texts(repo, files, topic=Topic.CHANGE)) == 1
    assert [one for one in data(repo(files), {}) if isinstance(one, Finding)] == []


@pytest.mark.parametrize(
    "files",
    [
        {"shop/settings.py": "ENGINE = 'django.db.backends.sqlite3'"},
        {"shop/settings.py": "URL = 'sqlite+aiosqlite:///./shop.db'"},
        {"prisma/schema.prisma": 'provider = "sqlite"', "prisma/migrations/a": ""},
    ],
)
def test_a_database_inside_the_release_is_remarked_on(repo: Repo, files: dict[str, str]) -> None:
    (text,) = texts(repo, files, topic=Topic.CHANGE)
    assert "STATE_DIRECTORY" in text


def test_a_commented_sqlite_is_none(repo: Repo) -> None:
    files = {"settings.py": "# ENGINE = 'django.db.backends.sqlite3'"}
    assert texts(repo, files, topic=Topic.CHANGE) == []


@pytest.mark.parametrize("text", ["\n" * 500_000, " " * 500_000, "image: " * 100_000])
def test_a_compose_file_made_to_be_slow_is_not(repo: Repo, text: str) -> None:
    began = time.monotonic()
    texts(repo, {"compose.yml": text, "prisma/schema.prisma": text})
    assert time.monotonic() - began < 3
