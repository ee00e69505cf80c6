"""The command that brings a database's schema up to a release."""

from collections.abc import Iterator

from uz.detect.commands import joined
from uz.detect.declared import procfile
from uz.detect.finding import Finding, Remark, Seen, Topic, at
from uz.detect.packages import Packages, node_packages, table_at
from uz.detect.repository import Repository

KEY = "database.migrate"
SCHEMA = "prisma/schema.prisma"


def migrations(repository: Repository, packages: Packages) -> Iterator[Seen]:
    """What the repository has to migrate with, each tool once."""
    yield from _alembic(repository, packages)
    yield from _django(repository, packages)
    if "flask-migrate" in packages and "migrations" in repository.folders:
        yield Finding(KEY, "flask db upgrade", packages["flask-migrate"], sure=False)
    yield from _prisma(repository)
    for number, name, _ in procfile(repository):
        if name == "release":
            place = at("Procfile", number, "release, run before a deploy")
            yield Remark(Topic.LATER, f"{place}; what migrates belongs into [database]")


def _alembic(repository: Repository, packages: Packages) -> Iterator[Finding]:
    place = packages.get("alembic", "alembic is not among the packages")
    for path in repository.ending("alembic.ini"):
        folder = path.rpartition("/")[0]
        words = ("alembic", *(("-c", path) if folder else ()), "upgrade", "head")
        sure = "alembic" in packages and not folder
        yield Finding(KEY, joined(words), f"{path}; {place}", sure=sure)
        return
    if table_at(repository.toml("pyproject.toml"), "tool", "alembic"):
        sure = "alembic" in packages
        yield Finding(KEY, "alembic upgrade head", f"pyproject.toml: tool.alembic; {place}", sure)


def _django(repository: Repository, packages: Packages) -> Iterator[Finding]:
    for path in repository.ending("manage.py") if "django" in packages else ():
        command = joined(("python", path, "migrate", "--noinput"))
        yield Finding(KEY, command, f"{path}; {packages['django']}")
        return


def _prisma(repository: Repository) -> Iterator[Seen]:
    if SCHEMA not in repository:
        return
    if not any(path.startswith("prisma/migrations/") for path in repository.paths):
        text = f"{SCHEMA} has no prisma/migrations: make them with `prisma migrate`"
        yield Remark(Topic.CHANGE, text)
        return
    needed = node_packages(repository)
    place = needed.get("prisma", "prisma is not among the dependencies")
    command = "npx prisma migrate deploy"
    yield Finding(KEY, command, f"prisma/migrations; {place}", sure="prisma" in needed)
    because = "prisma/migrations: Prisma asks its maker for news otherwise"
    yield Finding("app.env.CHECKPOINT_DISABLE", "1", because)
