"""docs/third-party.md lists what is pinned, under the licences that the packages declare."""

import re
import tomllib
from importlib.metadata import files, metadata
from pathlib import Path

import pytest


@pytest.fixture
def page(root: Path) -> str:
    return (root / "docs" / "third-party.md").read_text()


def licences(page: str, heading: str) -> dict[str, str]:
    """The first two columns of the table below a heading."""
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", section, re.MULTILINE)
    return dict(rows[1:])


def declared(distribution: str) -> str:
    """The licence in an installed package's metadata: expression, text, classifier or file."""
    about = metadata(distribution)
    for field in ("License-Expression", "License"):
        if field in about:
            return about[field].splitlines()[0].split(" (")[0]
    classifiers: list[str] = about.get_all("Classifier", [])
    named = [line for line in classifiers if line.startswith("License")]
    return named[-1].split(" :: ")[-1] if named else first_line_of_its_file(distribution)


def first_line_of_its_file(distribution: str) -> str:
    """What the file with the licence is titled."""
    name = metadata(distribution)["License-File"]
    (file,) = (one for one in files(distribution) or [] if one.match(f"*.dist-info/**/{name}"))
    return file.read_text().splitlines()[0].split(" (")[0]


def pinned(lock: Path) -> dict[str, str]:
    """Distributions and their versions in a lock file."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(), re.MULTILINE))


def test_every_pinned_library_is_listed_with_the_licence_it_declares(page: str, root: Path) -> None:
    expected = {name: declared(name) for name in pinned(root / "requirements.lock")}
    assert licences(page, "Libraries") == expected


def test_every_tool_is_listed_with_the_licence_it_declares(page: str, root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    tools = {re.split(r"[^\w-]", line)[0] for line in project["optional-dependencies"]["dev"]}
    tools.remove(project["name"])  # itself, with its extras
    assert licences(page, "Tools") == {name: declared(name) for name in tools}


def test_every_extra_is_listed_with_the_licences_its_libraries_declare(
    page: str, root: Path
) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    of = {name: lines for name, lines in project["optional-dependencies"].items() if name != "dev"}
    names = {re.split(r"[^\w-]", line)[0] for lines in of.values() for line in lines}
    assert licences(page, "Extras") == {name: declared(name) for name in names}


def test_no_library_is_under_the_gpl_or_agpl(root: Path) -> None:
    copyleft = re.compile(r"\bA?GPL|GNU (Affero )?General", re.IGNORECASE)
    found = {name: declared(name) for name in pinned(root / "requirements.lock")}
    assert not [name for name, licence in found.items() if copyleft.search(licence)]


def test_tools_are_pinned_beside_the_same_libraries(root: Path) -> None:
    libraries = pinned(root / "requirements.lock").items()
    assert libraries <= pinned(root / "requirements-dev.lock").items()
    assert pinned(root / "requirements.lock")


def test_lock_files_hash_every_pin_and_name_no_address(root: Path) -> None:
    for lock in [*root.glob("requirements*.lock"), *(root / "src/uz/locks").glob("*.txt")]:
        text = lock.read_text()
        assert "://" not in text, lock
        hashed = re.findall(r"^([\w.-]+)==.* \\\n +--hash=sha256:", text, re.MULTILINE)
        assert hashed == list(pinned(lock)) != [], lock
