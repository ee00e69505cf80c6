"""The page on architecture draws the layers that the linter keeps."""

import re
import tomllib
from pathlib import Path


def test_the_layers_of_the_page_are_those_of_the_contract(root: Path) -> None:
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]
    kept = contracts["contracts"][0]["layers"]
    page = (root / "docs/architecture.md").read_text()
    drawn = page.split("<!-- layers:")[1].split("```text\n")[1].split("```")[0].splitlines()
    assert drawn == [re.sub(r"[()]", "", layer).replace(" | ", ", ") for layer in kept]
