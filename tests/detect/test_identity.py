from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from uz.detect.finding import Finding
from uz.detect.identity import as_name, identity
from uz.detect.repository import Repository, scan
from uz.spec.values import Name

Repo = Callable[[dict[str, str]], Repository]


def found(repository: Repository) -> dict[str, str]:
    return {one.key: one.value for one in identity(repository) if isinstance(one, Finding)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("shop", "shop"),
        ("My_Web.Shop", "my-web-shop"),
        ("2nd-shop", "nd-shop"),
        ("Café Größe", "cafe-groe"),
        ("a" * 40, "a" * 24),
        ("a" * 23 + "-b", "a" * 23),
        ("店", ""),
        ("--", ""),
    ],
)
def test_any_text_becomes_a_name_or_nothing(text: str, name: str) -> None:
    assert as_name(text) == name


@given(st.text())
def test_every_name_is_one_that_the_spec_takes(text: str) -> None:
    name = as_name(text)
    if name:
        TypeAdapter(Name).validate_python(name)


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"pyproject.toml": "[project]\nname = 'web-shop'", "package.json": "{}"}, "web-shop"),
        ({"pyproject.toml": "[tool.poetry]\nname = 'web-shop'"}, "web-shop"),
        ({"package.json": '{"name": "@team/web-shop"}'}, "web-shop"),
        ({"package.json": '{"name": 3}'}, "shop"),
        ({"pyproject.toml": "[project]\nname = '店'"}, "shop"),
        ({}, "shop"),
    ],
)
def test_the_name_comes_from_the_projects_own_files(
    repo: Repo, files: dict[str, str], name: str
) -> None:
    values = found(repo(files))
    assert (values["app.name"], values["app.domain"]) == (name, f"{name}.localhost")


def test_a_folder_whose_name_cannot_be_used_still_gets_one(tmp_path: Path) -> None:
    (tmp_path / "店").mkdir()
    assert found(scan(tmp_path / "店"))["app.name"] == "app"


def test_without_git_a_release_is_the_files_as_they_lie(repo: Repo) -> None:
    assert found(repo({}))["app.source"] == "working-tree"


def test_git_here_or_above_is_used(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "shop").mkdir()
    assert "app.source" not in found(scan(tmp_path))
    assert "app.source" not in found(scan(tmp_path / "shop"))
