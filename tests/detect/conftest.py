"""Repositories for the tests, made from a table of files."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from uz.detect.repository import Repository, scan


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Write files into a fresh folder called `shop`."""
    numbers = count()

    def make(files: dict[str, str]) -> Path:
        root = tmp_path / str(next(numbers)) / "shop"
        root.mkdir(parents=True)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    return make


@pytest.fixture
def repo(folder: Callable[[dict[str, str]], Path]) -> Callable[[dict[str, str]], Repository]:
    """Write files into a fresh folder and look at it."""
    return lambda files: scan(folder(files))
