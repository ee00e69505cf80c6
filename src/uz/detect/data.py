"""What keeps data: databases and Redis. PostgreSQL is of use with its migrations alone."""

import re
from collections.abc import Iterator

from uz.detect.finding import Finding, Remark, Seen, Topic, at
from uz.detect.migrations import KEY, migrations
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


def data(repository: Repository, packages: Packages) -> Iterator[Seen]:
    """Servers that keep data, each with the first place that speaks of it; and the migrations."""
    servers = _servers(repository, packages)
    postgresql = servers.pop("PostgreSQL", "")
    found = tuple(migrations(repository, packages))
    for one in found:
        if postgresql or isinstance(one, Remark):
            yield one
        elif one.key == KEY:
            text = f"PostgreSQL, for which [database] takes `{one.value}` ({one.because})"
            yield Remark(Topic.MISSING, text, about=KEY)
    if postgresql and not any(isinstance(one, Finding) for one in found):
        text = f"the command that migrates PostgreSQL ({postgresql}): write it into [database]"
        yield Remark(Topic.MISSING, text, about=KEY)
    redis = servers.pop("Redis", "")
    if redis:
        text = f'what Redis is for ({redis}): write [redis] with purpose = "cache" or "store"'
        yield Remark(Topic.MISSING, text, about="redis.purpose")
    for server, place in servers.items():
        yield Remark(Topic.LATER, f"{place}: {server}; until then bring your own")
    yield from _inside_the_release(repository)


def _inside_the_release(repository: Repository) -> Iterator[Remark]:
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
