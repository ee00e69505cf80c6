import ast
from collections.abc import Callable

import pytest

from uz.detect.modules import (
    Module,
    assigned,
    keyword_of,
    module_level,
    read_module,
    text_of,
)
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]


def read(files: Repository, path: str) -> Module:
    module = read_module(files, path)
    assert module
    return module


@pytest.mark.parametrize(
    ("path", "others", "name", "root"),
    [
        ("main.py", (), "main", ""),
        ("shop/main.py", (), "shop.main", ""),
        ("shop/main.py", ("shop/__init__.py",), "shop.main", ""),
        ("shop/__init__.py", (), "shop", ""),
        ("src/shop/main.py", ("src/shop/__init__.py",), "shop.main", "src"),
        ("my-backend/main.py", (), "main", "my-backend"),
        ("backend/config/wsgi.py", ("backend/manage.py",), "config.wsgi", "backend"),
    ],
)
def test_a_file_has_the_name_that_an_import_would_use(
    repo: Repo, path: str, others: tuple[str, ...], name: str, root: str
) -> None:
    module = read(repo(dict.fromkeys((path, *others), "")), path)
    assert (module.name, module.root) == (name, root)


def test_imports_of_neighbours_show_where_imports_start(repo: Repo) -> None:
    files = repo({"backend/main.py": "import models", "backend/models.py": ""})
    assert read(files, "backend/main.py").root == "backend"


def test_imports_by_the_full_name_show_it_too(repo: Repo) -> None:
    files = repo({"src/main.py": "from src.models import User", "src/models.py": ""})
    module = read(files, "src/main.py")
    assert (module.name, module.root) == ("src.main", "")


def test_relative_imports_need_a_package_above(repo: Repo) -> None:
    files = repo({"a/b/main.py": "from . import models\nimport models", "a/b/models.py": ""})
    assert read(files, "a/b/main.py").root != "a/b"


@pytest.mark.parametrize("path", ["__init__.py", "my-app.py", "class.py", "shop/my-app.py"])
def test_a_file_that_no_import_can_name_is_no_module(repo: Repo, path: str) -> None:
    assert read_module(repo({path: ""}), path) is None


@pytest.mark.parametrize(
    ("source", "expression", "origin"),
    [
        ("from fastapi import FastAPI", "FastAPI", "fastapi.FastAPI"),
        ("from fastapi import FastAPI as F", "F", "fastapi.FastAPI"),
        ("import fastapi", "fastapi.FastAPI", "fastapi.FastAPI"),
        ("import fastapi as f", "f.FastAPI", "fastapi.FastAPI"),
        ("import a.b", "a.b.c", "a.b.c"),
        ("from .models import User", "User", "shop.models.User"),
        ("from . import models", "models.User", "shop.models.User"),
        ("", "FastAPI", "shop.main.FastAPI"),
        ("", "thing().attribute", ""),
    ],
)
def test_names_lead_back_to_where_they_come_from(
    repo: Repo, source: str, expression: str, origin: str
) -> None:
    module = read(repo({"shop/main.py": source, "shop/__init__.py": ""}), "shop/main.py")
    assert module.origin(ast.parse(expression, mode="eval").body) == origin


def test_relative_imports_in_a_package_start_at_the_package(repo: Repo) -> None:
    module = read(repo({"shop/api/__init__.py": "from . import health"}), "shop/api/__init__.py")
    assert module.names["health"] == "shop.api.health"


def test_what_runs_at_an_import_is_found_in_branches_too() -> None:
    source = """
a = 1
try:
    b = 1
except ImportError:
    c = 1
if something:
    d = 1
else:
    e = 1
with thing:
    f = 1
"""
    names = [assigned(one)[0] for one in module_level(ast.parse(source).body)]
    assert [name for found in names for name in found] == list("abcdef")


@pytest.mark.parametrize(
    "test", ["__name__ == '__main__'", "TYPE_CHECKING", "typing.TYPE_CHECKING"]
)
def test_what_only_runs_as_a_script_does_not_run_at_an_import(test: str) -> None:
    body = ast.parse(f"if {test}:\n    app = 1").body
    assert not any(assigned(one)[0] for one in module_level(body))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = 1", ["a"]),
        ("a = b = 1", ["a", "b"]),
        ("a: int = 1", ["a"]),
        ("a.b = 1", []),
        ("a, b = 1, 2", []),
        ("a += 1", []),
    ],
)
def test_only_plain_names_count_as_assigned(source: str, names: list[str]) -> None:
    assert assigned(ast.parse(source).body[0])[0] == names


def test_literals_and_keywords_are_read() -> None:
    call = ast.parse("f(prefix='/api')", mode="eval").body
    assert isinstance(call, ast.Call)
    assert text_of(keyword_of(call, "prefix")) == "/api"
    assert keyword_of(call, "other") is None
    assert text_of(call) is None
