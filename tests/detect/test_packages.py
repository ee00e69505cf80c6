import time
from collections.abc import Callable

import pytest

from uz.detect.packages import (
    line_of,
    node_packages,
    python_folder,
    python_packages,
    requirement_files,
    table_at,
)
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("uvicorn", "uvicorn"),
        ("Flask==3.0 \\", "flask"),
        ("psycopg2_binary >= 2", "psycopg2-binary"),
        ("uvicorn[standard]>=0.30 ; python_version > '3.8'", "uvicorn"),
        ("gunicorn @ https://example.org/g.whl", "gunicorn"),
        ("fastapi[standard]", "uvicorn"),
        ("celery[redis, auth]", "redis"),
    ],
)
def test_a_requirement_names_a_package(repo: Repo, line: str, name: str) -> None:
    assert name in python_packages(repo({"requirements.txt": line}), "")


@pytest.mark.parametrize(
    "line",
    ["# uvicorn", "-r uvicorn.txt", "--find-links uvicorn", "uvicorn-worker", "https://uvicorn"],
)
def test_what_only_mentions_a_package_does_not_require_it(repo: Repo, line: str) -> None:
    assert "uvicorn" not in python_packages(repo({"requirements.txt": line}), "")


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("requirements.lock", "a==1\nflask==3 --hash=sha256:0", "requirements.lock:2: flask==3"),
        ("requirements/production.txt", "flask", "requirements/production.txt:1: flask"),
        (
            "pyproject.toml",
            '[project]\nname = "flask-shop"\ndependencies = [\n "flask>=3",\n]',
            "pyproject.toml:4: flask",
        ),
        (
            "pyproject.toml",
            '[tool.poetry.dependencies]\npython = "^3.11"\nflask = {extras = ["async"]}',
            "pyproject.toml:3: flask[async]",
        ),
        ("Pipfile", '[packages]\nflask = "*"', "Pipfile:2: flask"),
    ],
)
def test_each_way_to_declare_a_package_is_read(
    repo: Repo, file: str, text: str, place: str
) -> None:
    assert python_packages(repo({file: text}), "")["flask"] == place


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("requirements-dev.txt", "flask"),
        ("requirements/test.txt", "flask"),
        ("notes.txt", "flask"),
        ("pyproject.toml", '[project.optional-dependencies]\ndev = ["flask"]'),
        ("pyproject.toml", '[tool.poetry.group.dev.dependencies]\nflask = "*"'),
        ("pyproject.toml", "[project]\ndependencies = 3"),
        ("pyproject.toml", "[project]\ndependencies = [1, {}]"),
        ("pyproject.toml", "project = 1\ntool = []"),
        ("Pipfile", '[dev-packages]\nflask = "*"'),
        ("Pipfile", "packages = 'flask'"),
    ],
)
def test_packages_for_development_and_nonsense_do_not_count(
    repo: Repo, file: str, text: str
) -> None:
    assert "flask" not in python_packages(repo({file: text}), "")


def test_odd_extras_do_no_harm(repo: Repo) -> None:
    text = "[tool.poetry.dependencies]\nflask = {extras = 3}\nredis = {extras = [1, 'x']}"
    assert set(python_packages(repo({"pyproject.toml": text}), "")) == {"flask", "redis"}


def test_only_requirements_for_production_are_listed(repo: Repo) -> None:
    files = repo(
        dict.fromkeys(["requirements.txt", "requirements-dev.txt", "requirements/x.in"], "")
    )
    assert set(requirement_files(files, "")) == {"requirements.txt", "requirements/x.in"}


def test_the_nearest_folder_with_packages_counts(repo: Repo) -> None:
    files = repo({"backend/requirements.txt": "flask", "requirements.txt": "black"})
    assert python_folder(files, "backend/shop/app.py") == "backend"
    assert python_folder(files, "tool.py") == ""


def test_node_packages_are_those_needed_at_run_time(repo: Repo) -> None:
    text = '{\n"dependencies": {"express": "4"},\n"devDependencies": {"pg": "8"}}'
    assert node_packages(repo({"package.json": text})) == {"express": "package.json:2: express"}


@pytest.mark.parametrize("text", ["{}", '{"dependencies": ["express"]}', "[]", "broken"])
def test_a_strange_package_json_has_no_packages(repo: Repo, text: str) -> None:
    assert node_packages(repo({"package.json": text})) == {}


def test_lines_are_counted_from_one_and_zero_is_none() -> None:
    assert line_of("a\nb\nc", "b") == 2
    assert line_of("a", "b") == 0


def test_tables_are_reached_through_anything() -> None:
    assert table_at({"a": {"b": {"c": 1}}}, "a", "b") == {"c": 1}
    assert table_at({"a": [1]}, "a", "b") == {}


@pytest.mark.parametrize("line", ["a" + " " * 200_000 + "%", "a" * 200_000 + "%", "[" * 200_000])
def test_a_line_made_to_be_slow_is_not(repo: Repo, line: str) -> None:
    began = time.monotonic()
    python_packages(repo({"requirements.txt": line}), "")
    assert time.monotonic() - began < 2
