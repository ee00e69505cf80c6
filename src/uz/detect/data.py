"""What keeps data: databases, Redis and migrations. Uz has no keys for these yet: only hints."""

import re
from collections.abc import Iterator

from uz.detect.declared import procfile
from uz.detect.finding import Remark, Topic, at
from uz.detect.packages import Packages, line_of
from uz.detect.repository import Repository

DRIVERS = {
    "PostgreSQL": ("psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "asyncpg",
                   "pg8000", "pg", "postgres"),
    "MySQL": ("mysqlclient", "pymysql", "aiomysql", "asyncmy", "mysql2", "mysql"),
    "MongoDB": ("pymongo", "motor", "mongoose", "mongodb"),
    "Redis": ("redis", "ioredis", "valkey", "bullmq", "django-redis", "aioredis"),
}  # fmt: skip
IMAGES = {
    "postgres": "PostgreSQL", "postgresql": "PostgreSQL", "postgis": "PostgreSQL",
    "timescaledb": "PostgreSQL", "pgvector": "PostgreSQL", "mysql": "MySQL", "mariadb": "MySQL",
    "mongo": "MongoDB", "redis": "Redis", "valkey": "Redis", "keydb": "Redis",
}  # fmt: skip
COMPOSE = re.compile(r"(?:docker-)?compose[\w.-]*\.ya?ml")
IMAGE = re.compile(
    r"""(?m)^[ \t]*image:[ \t]*["']?(?:[\w.:-]+/)*([\w-]+)(?::[\w.-]+)?["']?[ \t]*(?:#.*)?$"""
)
PROVIDER = re.compile(r'(?m)^[ \t]*provider[ \t]*=[ \t]*"(postgresql|mysql|mongodb|cockroachdb)"')
PROVIDERS = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mongodb": "MongoDB"}
SQLITE = re.compile(r"""(?m)^[^#\n]*(?:django\.db\.backends\.sqlite3|["']sqlite(?:\+\w+)?://)""")


def data(repository: Repository, packages: Packages) -> Iterator[Remark]:
    """Servers that keep data, each with the first place that speaks of it; and the migrations."""
    for server, place in _servers(repository, packages).items():
        table = "redis" if server == "Redis" else "database"
        yield _later(f"{place}: {server}", f"[{table}]")
    yield from _migrations(repository, packages)
    for path in (*repository.ending("settings.py"), *repository.ending(".prisma")):
        text = repository.text(path)
        line = line_of(text, SQLITE.pattern if path.endswith(".py") else r'"sqlite"')
        if line:
            yield Remark(
                Topic.CHANGE,
                f"{at(path, line, 'SQLite')}: keep the file in the folder that the variable"
                " STATE_DIRECTORY names; a release's own folder is read-only and replaced",
            )


def _servers(repository: Repository, packages: Packages) -> dict[str, str]:
    found: dict[str, str] = {}
    for server, names in DRIVERS.items():
        for name in names:
            if name in packages:
                found.setdefault(server, packages[name])
    for path in repository.paths:
        if COMPOSE.fullmatch(path):
            text = repository.text(path)
            for match in IMAGE.finditer(text):
                server = IMAGES.get(match[1].lower(), "")
                if server:
                    line = text.count("\n", 0, match.start(1)) + 1
                    found.setdefault(server, at(path, line, f"image {match[1]}"))
    provider = PROVIDER.search(repository.text("prisma/schema.prisma"))
    if provider:
        place = at("prisma/schema.prisma", 0, f'provider = "{provider[1]}"')
        found.setdefault(PROVIDERS.get(provider[1], provider[1]), place)
    return found


def _migrations(repository: Repository, packages: Packages) -> Iterator[Remark]:
    for path in repository.ending("alembic.ini"):
        folder = path.rpartition("/")[0]
        command = f"alembic -c {path} upgrade head" if folder else "alembic upgrade head"
        yield _later(f"{path}: migrations, `{command}`", "[database]")
        break
    if "prisma/schema.prisma" in repository:
        if any(path.startswith("prisma/migrations/") for path in repository.paths):
            yield _later("prisma/migrations: `npx prisma migrate deploy`", "[database]")
        else:
            text = "prisma/schema.prisma has no prisma/migrations: make them with `prisma migrate`"
            yield Remark(Topic.CHANGE, text)
    if "django" in packages:
        for path in repository.ending("manage.py"):
            yield _later(f"{path}: migrations, `python {path} migrate --noinput`", "[database]")
            break
    if "flask-migrate" in packages and "migrations" in repository.folders:
        yield _later("migrations: `flask db upgrade`", "[database]")
    for number, name, _ in procfile(repository):
        if name == "release":
            yield _later(at("Procfile", number, "release, run before a deploy"), "[deploy]")


def _later(text: str, table: str) -> Remark:
    return Remark(Topic.LATER, f"{text} — comes with `{table}` in a later version")
