"""The pages that count items tell how many there are."""

import re
from pathlib import Path

from uz.checklist import ITEMS

ROW = re.compile(r"^\| (\d+) \| `([\w.-]+)` \| (.+?) \| ?(.*?) ?\|$", re.MULTILINE)


def test_the_checklist_has_twenty_five_items_and_marks_those_that_can_be_proven(root: Path) -> None:
    rows = ROW.findall((root / "docs/checklist.md").read_text())
    assert [int(number) for number, *_ in rows] == list(range(1, 26))
    proven = [name for _, name, _, today in rows if "proven" in today]
    assert proven == [item.id for item in ITEMS]


def test_the_checklist_words_an_item_as_the_report_does(root: Path) -> None:
    lines = {
        name: line for _, name, line, _ in ROW.findall((root / "docs/checklist.md").read_text())
    }
    assert {item.id: item.line for item in ITEMS}.items() <= lines.items()


def test_the_readme_lists_exactly_the_items_that_can_be_proven(root: Path) -> None:
    section = (root / "README.md").read_text().split("## What it proves today")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([a-z]+\.[\w.-]+)` \|", section, re.MULTILINE) == [
        item.id for item in ITEMS
    ]
