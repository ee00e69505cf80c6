"""Tests lie where the source does, and files speak of nothing but the product."""

import re
import subprocess
from pathlib import Path

import pytest

# Source that has no test file of its own, and why. Package `__init__` files only pass names on.
UNTESTED = {
    "src/uz/__main__.py": "two lines; tests/cli starts it",
    "src/uz/targets/local/starting.py": "needs real processes: tests/live",
    "src/uz/targets/local/up.py": "needs real servers: tests/live",
}

# Written as patterns that do not match themselves.
FOREIGN = {
    "a package registry": r"pypi[.]org|pythonhosted[.]|npmj[s]\.|deb\.debian[.]org|crates[.]io",
    "a path of one machine": r"/work/[m]ain|/work/[s]hared|/root/[.]|/opt/[p]ypi|/opt/[w]heels",
    "who or what writes it": r"(?i:assistan[t]|language.mode[l]|co-authored-b[y])|\bA[I]\b",
}


@pytest.fixture(scope="module")
def tracked(root: Path) -> list[Path]:
    """What git keeps, and what it would keep with the next commit."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=root, check=True, capture_output=True, text=True, timeout=60
    )
    return [root / name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def mirror(source: str) -> str:
    """Where the tests of a source file lie."""
    path = Path(source).relative_to("src/uz")
    return str(Path("tests") / path.with_name(f"test_{path.name}"))


def test_every_source_file_has_its_tests_at_the_same_place(root: Path) -> None:
    sources = {str(path.relative_to(root)) for path in (root / "src/uz").rglob("*.py")}
    expected = {name for name in sources if not name.endswith("/__init__.py")}
    untested = {name for name in expected if not (root / mirror(name)).exists()}
    assert untested == set(UNTESTED)


@pytest.mark.parametrize(("what", "pattern"), FOREIGN.items(), ids=FOREIGN)
def test_no_file_names_anything_foreign(what: str, pattern: str, tracked: list[Path]) -> None:
    found = [
        f"{path}:{number}: {match[0]}"
        for path in tracked
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if (match := re.search(pattern, line))
    ]
    assert found == [], f"names {what}"
