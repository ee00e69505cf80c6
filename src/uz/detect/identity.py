"""What the app is called, and what a release of it is made of."""

import re
import unicodedata
from collections.abc import Iterator

from uz.detect.finding import Finding, Seen, at
from uz.detect.packages import line_of, table_at
from uz.detect.repository import Repository

LONGEST_NAME = 24
LAST_RESORT = "app"


def as_name(text: str) -> str:
    """Turn any text into a name as `uz.toml` wants it; empty where nothing is left of it."""
    plain = unicodedata.normalize("NFKD", text[:200]).encode("ascii", "ignore").decode().lower()
    joined = re.sub(r"[^a-z0-9]+", "-", plain).lstrip("-0123456789")
    return joined[:LONGEST_NAME].strip("-")


def identity(repository: Repository) -> Iterator[Seen]:
    """The name, the domain below .localhost, and the source where it is not git."""
    for given, place in _names(repository):
        name = as_name(given)
        if name:
            yield Finding("app.name", name, place)
            domain = f"{name}.localhost"
            yield Finding(
                "app.domain",
                domain,
                "the name above, for this machine; write the domain your users type",
            )
            break
    above = (repository.root, *repository.root.parents)
    if not any((folder / ".git").exists() for folder in above):
        because = "the lack of a .git here: a release is made of the files as they lie"
        yield Finding("app.source", "working-tree", because)


def _names(repository: Repository) -> Iterator[tuple[str, str]]:
    project = repository.toml("pyproject.toml")
    given = (
        ("pyproject.toml", table_at(project, "project").get("name"), r"(?m)^[ \t]*name[ \t]*="),
        (
            "pyproject.toml",
            table_at(project, "tool", "poetry").get("name"),
            r"(?m)^[ \t]*name[ \t]*=",
        ),
        ("package.json", repository.json("package.json").get("name"), r'"name"\s*:'),
    )
    for path, name, pattern in given:
        if isinstance(name, str):
            text = name.rpartition("/")[2] if path == "package.json" else name
            yield text, at(path, line_of(repository.text(path), pattern), f"name {name}")
    yield repository.root.name, "the folder's name"
    yield LAST_RESORT, "nothing here gives a name"
