from collections.abc import Callable

from uz.detect.frameworks import FRAMEWORKS, MENTIONED, frameworks_in, mounted_in
from uz.detect.modules import Module, read_module
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]


def module(repo: Repo, source: str) -> Module:
    found = read_module(repo({"main.py": source}), "main.py")
    assert found
    return found


def test_every_framework_is_mentioned_by_the_file_that_uses_it() -> None:
    assert [name for name in FRAMEWORKS if not MENTIONED.search(f"import {name}")] == []


def test_a_class_of_the_apps_own_below_a_framework_counts(repo: Repo) -> None:
    found = module(repo, "from fastapi import FastAPI\nclass Shop(FastAPI): ...")
    assert frameworks_in(found)["main.Shop"] == "asgi"


def test_a_class_below_something_else_of_that_name_does_not_count(repo: Repo) -> None:
    found = module(repo, "from shop.fake import FastAPI\nclass Shop(FastAPI): ...")
    assert "main.Shop" not in frameworks_in(found)


def test_what_is_mounted_is_known_by_name(repo: Repo) -> None:
    assert mounted_in(module(repo, "app.mount('/a', one)\napp.mount('/b', app=two)")) == {
        "one",
        "two",
    }
