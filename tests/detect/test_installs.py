from collections.abc import Callable

import pytest

from uz.detect.finding import Finding, Remark, Seen, Topic
from uz.detect.installs import LOCKS, PIP, VENV, python_build
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]
HASHED = "flask==3 \\\n    --hash=sha256:00"
PROJECT = '[project]\nname = "shop"'


def steps(seen: list[Seen]) -> list[str]:
    return [one.value for one in seen if isinstance(one, Finding)]


def topics(seen: list[Seen]) -> list[Topic]:
    return [one.topic for one in seen if isinstance(one, Remark)]


def test_a_lock_with_hashes_is_installed_by_its_hashes(repo: Repo) -> None:
    files = repo({"requirements.lock": HASHED, "requirements.txt": "flask", "uv.lock": ""})
    seen = list(python_build(files, ""))
    assert steps(seen) == [VENV, f"{PIP} --require-hashes -r requirements.lock"]
    assert topics(seen) == []


def test_requirements_without_hashes_are_installed_and_remarked_on(repo: Repo) -> None:
    seen = list(python_build(repo({"requirements.txt": "flask==3"}), ""))
    assert steps(seen) == [VENV, f"{PIP} -r requirements.txt"]
    assert topics(seen) == [Topic.CHANGE]


@pytest.mark.parametrize("lock", LOCKS)
def test_another_tools_lock_is_installed_by_that_tool(repo: Repo, lock: str) -> None:
    seen = list(python_build(repo({lock: "", "pyproject.toml": PROJECT}), ""))
    assert steps(seen) == [VENV, LOCKS[lock]]


def test_requirements_for_production_are_preferred(repo: Repo) -> None:
    files = ["requirements.txt", "requirements/prod.txt", "requirements/base.txt"]
    seen = list(python_build(repo(dict.fromkeys(files, "flask")), ""))
    assert steps(seen)[-1].endswith("-r requirements/prod.txt")


@pytest.mark.parametrize("name", ["requirements-dev.txt", "requirements.in"])
def test_what_is_not_to_be_installed_is_not(repo: Repo, name: str) -> None:
    seen = list(python_build(repo({name: "flask", "pyproject.toml": PROJECT}), ""))
    assert steps(seen) == [VENV, f"{PIP} ."]


def test_a_project_without_a_lock_is_a_guess(repo: Repo) -> None:
    seen = list(python_build(repo({"backend/pyproject.toml": PROJECT}), "backend"))
    assert steps(seen) == [VENV, f"{PIP} ./backend"]
    assert [one.sure for one in seen if isinstance(one, Finding)] == [True, False]
    assert topics(seen) == [Topic.CHANGE]


def test_a_lock_below_the_top_is_left_to_that_folder(repo: Repo) -> None:
    (remark,) = python_build(repo({"backend/poetry.lock": ""}), "backend")
    assert isinstance(remark, Remark)
    assert "`uz init` in backend" in remark.text


@pytest.mark.parametrize("files", [{}, {"pyproject.toml": "[tool.ruff]"}])
def test_nothing_to_install_from_is_said(repo: Repo, files: dict[str, str]) -> None:
    seen = list(python_build(repo(files), ""))
    assert steps(seen) == []
    assert topics(seen) == [Topic.MISSING]
