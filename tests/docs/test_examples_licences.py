"""docs/third-party.md lists what examples/notes asks for, under the licences of its lock file."""

import json
from collections import Counter
from pathlib import Path


def test_every_licence_of_the_packages_of_the_notes_is_in_the_documentation(root: Path) -> None:
    page = (root / "docs/third-party.md").read_text()
    lock = json.loads((root / "examples/notes/package-lock.json").read_text())["packages"]
    asked_for = lock.pop("")["dependencies"]
    for name in asked_for:
        assert f"| {name} | {lock[f'node_modules/{name}']['license']} |" in page
    (told,) = (line for line in page.splitlines() if line.startswith("With what they need"))
    numbers = Counter(one["license"] for one in lock.values())
    assert f" {numbers.total()} packages" in told
    for licence, number in numbers.items():
        assert f"{number} under {licence}" in told
