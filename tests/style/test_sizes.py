"""Small files, small functions, plain names, and a sentence on everything public."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

MEDIAN_FILE = 80
LONGEST_FILE = 400
LONG_FUNCTION = 30  # nine functions of ten are no longer
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "manager", "base", "core", "common", "misc"}


@pytest.fixture(scope="module")
def modules(root: Path) -> dict[Path, ast.Module]:
    files = sorted((root / "src/uz").rglob("*.py"))
    return {path.relative_to(root): ast.parse(path.read_text()) for path in files}


@pytest.fixture(scope="module")
def lengths(root: Path, modules: dict[Path, ast.Module]) -> dict[Path, int]:
    return {path: len((root / path).read_text().splitlines()) for path in modules}


def public(tree: ast.Module) -> Iterator[ast.Module | ast.ClassDef | ast.FunctionDef]:
    """The module, and its classes and functions that are not private."""
    yield tree
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            yield node


def test_half_of_all_files_are_short(lengths: dict[Path, int]) -> None:
    assert median(lengths.values()) <= MEDIAN_FILE


def test_no_file_is_long(lengths: dict[Path, int]) -> None:
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_nine_functions_of_ten_are_short(modules: dict[Path, ast.Module]) -> None:
    functions = [
        (node.end_lineno or 0) - node.lineno + 1
        for tree in modules.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert quantiles(functions, n=10, method="inclusive")[-1] <= LONG_FUNCTION


def test_no_file_has_a_name_that_says_nothing(modules: dict[Path, ast.Module]) -> None:
    assert [path for path in modules if VAGUE_NAMES & {path.stem, path.parent.name}] == []


def test_everything_public_has_a_docstring(modules: dict[Path, ast.Module]) -> None:
    silent = [
        f"{path}: {getattr(node, 'name', 'the module')}"
        for path, tree in modules.items()
        for node in public(tree)
        if not ast.get_docstring(node)
    ]
    assert silent == []
