"""Which packages an app declares, each with the place that says so; not those for development."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from uz.detect.finding import at
from uz.detect.repository import Repository

FILE = re.compile(r"requirements[\w.-]*\.(?:txt|in|lock)|requirements/[\w.-]+\.(?:txt|in|lock)")
DEVELOPMENT = re.compile(r"dev|test|doc|lint|ci\b|local|typ(?:es|ing)")
REQUIREMENT = re.compile(
    r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:(\[[A-Za-z0-9 ,._-]*\])\s*)?(?=[=<>!~;@#\\(]|$)"
)
BROUGHT_ALONG = {
    ("fastapi", "standard"): "uvicorn",
    ("fastapi", "all"): "uvicorn",
    ("litestar", "standard"): "uvicorn",
    ("celery", "redis"): "redis",
}
"""What a package's extra installs; only what matters here."""

Packages = Mapping[str, str]


def requirement_files(repository: Repository, folder: str) -> tuple[str, ...]:
    """The requirements files of a folder that are not for development."""
    here = f"{folder}/" if folder else ""
    return tuple(
        path
        for path in repository.paths
        if path.startswith(here) and FILE.fullmatch(path[len(here) :])
        if not DEVELOPMENT.search(path[len(here) :].removeprefix("requirements"))
    )


def python_folder(repository: Repository, near: str) -> str:
    """The folder, from the one of this file upwards, that declares packages; else the top."""
    for parent in PurePosixPath(near).parents:
        folder = "" if str(parent) == "." else str(parent)
        if python_packages(repository, folder):
            return folder
    return ""


def python_packages(repository: Repository, folder: str) -> dict[str, str]:
    """Names of the Python packages that a folder declares, in their canonical form."""
    here = f"{folder}/" if folder else ""
    found: dict[str, str] = {}
    for path in requirement_files(repository, folder):
        for number, line in enumerate(repository.text(path).splitlines(), 1):
            _add(found, line, at(path, number, line.split("--hash")[0].rstrip(" \\")))
    for file, named, written in _declared(repository, here):
        number = line_of(repository.text(f"{here}{file}"), written)
        _add(found, named, at(f"{here}{file}", number, named))
    return found


def node_packages(repository: Repository, path: str = "package.json") -> dict[str, str]:
    """Names of the Node packages that a `package.json` needs at run time."""
    table = repository.json(path).get("dependencies")
    text = repository.text(path)
    return {
        name: at(path, line_of(text, rf'"{re.escape(name)}"\s*:'), name)
        for name in (table if isinstance(table, dict) else {})
    }


def line_of(text: str, pattern: str) -> int:
    """Number of the first line that matches; 0 where none does."""
    found = re.search(pattern, text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def table_at(table: Any, *keys: str) -> dict[str, Any]:
    """A table inside tables; empty where something on the way is missing or no table."""
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}


def _declared(repository: Repository, here: str) -> Iterator[tuple[str, str, str]]:
    """Requirements in pyproject.toml and Pipfile: file, name with extras, and how it is written."""
    project = repository.toml(f"{here}pyproject.toml")
    listed = table_at(project, "project").get("dependencies")
    for line in listed if isinstance(listed, list) else ():
        found = REQUIREMENT.match(line) if isinstance(line, str) else None
        if found:
            written = rf"""["']\s*{re.escape(found[1])}(?![\w.-])"""
            yield "pyproject.toml", found[1] + (found[2] or ""), written
    tables = {
        "pyproject.toml": table_at(project, "tool", "poetry", "dependencies"),
        "Pipfile": table_at(repository.toml(f"{here}Pipfile"), "packages"),
    }
    for file, table in tables.items():
        for name, value in table.items():
            extras = value.get("extras") if isinstance(value, dict) else None
            texts = [e for e in extras if isinstance(e, str)] if isinstance(extras, list) else []
            named = f"{name}[{','.join(texts)}]" if texts else name
            yield file, named, rf"""(?m)^[ \t]*["']?{re.escape(name)}["']?[ \t]*="""


def _add(found: dict[str, str], line: str, place: str) -> None:
    match = REQUIREMENT.match(line)
    if not match:
        return
    name = re.sub(r"[-_.]+", "-", match[1]).lower()
    found.setdefault(name, place)
    for extra in re.findall(r"[\w.-]+", match[2] or ""):
        brought = BROUGHT_ALONG.get((name, extra.lower()))
        if brought:
            found.setdefault(brought, place)
