from collections.abc import Callable

from uz.detect.apps import apps
from uz.detect.finding import Finding, Remark
from uz.detect.python import python_command, python_steps
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]
FASTAPI = "from fastapi import FastAPI\napp = FastAPI()"
FLASK = "from flask import Flask\napp = Flask('shop')"


def commands(files: Repository) -> list[Finding]:
    return [one for one in python_command(files, apps(files)) if isinstance(one, Finding)]


def test_an_app_and_its_server_make_a_command_with_both_places(repo: Repo) -> None:
    (found,) = commands(repo({"shop/main.py": FASTAPI, "requirements.txt": "uvicorn==1"}))
    assert found.value == "uvicorn shop.main:app --host 127.0.0.1 --port $PORT"
    assert found.because == "shop/main.py:2: app = FastAPI(…); requirements.txt:1: uvicorn==1"
    assert found.sure


def test_an_app_below_a_folder_uses_that_folders_packages(repo: Repo) -> None:
    files = {"backend/main.py": f"import db\n{FASTAPI}", "backend/db.py": "",
             "backend/requirements.txt": "uvicorn", "requirements.txt": "black"}  # fmt: skip
    (found,) = commands(repo(files))
    assert found.value == "uvicorn --app-dir backend main:app --host 127.0.0.1 --port $PORT"


def test_two_apps_that_could_both_be_it_are_guesses(repo: Repo) -> None:
    files = {"a.py": FASTAPI, "b.py": FASTAPI, "requirements.txt": "uvicorn"}
    assert [found.sure for found in commands(repo(files))] == [False, False]


def test_a_factory_beside_the_app_raises_no_doubt(repo: Repo) -> None:
    factory = "from fastapi import FastAPI\ndef create_app():\n    return FastAPI()"
    files = {"shop.py": factory, "main.py": FASTAPI, "requirements.txt": "uvicorn"}
    assert [found.sure for found in commands(repo(files))] == [True, False]


def test_django_is_served_by_the_interface_its_server_speaks(repo: Repo) -> None:
    files = {
        "shop/wsgi.py": "from django.core.wsgi import get_wsgi_application\n"
        "application = get_wsgi_application()",
        "shop/asgi.py": "from django.core.asgi import get_asgi_application\n"
        "application = get_asgi_application()",
        "requirements.txt": "django\ngunicorn",
    }
    (found,) = commands(repo(files))
    assert found.value == "gunicorn --bind 127.0.0.1:$PORT shop.wsgi:application"


def test_an_app_without_a_server_says_which_one_to_add(repo: Repo) -> None:
    files = repo(
        {"shop.py": FLASK, "requirements.txt": "flask", "requirements-dev.txt": "gunicorn"}
    )
    (remark,) = python_command(files, apps(files))
    assert isinstance(remark, Remark)
    assert "add gunicorn" in remark.text
    assert remark.suggestion == "gunicorn --bind 127.0.0.1:$PORT shop:app"


def test_no_app_is_no_command(repo: Repo) -> None:
    assert commands(repo({"requirements.txt": "uvicorn"})) == []


def test_packages_are_built_even_where_the_app_was_not_recognised(repo: Repo) -> None:
    files = repo({"requirements.txt": "uvicorn"})
    assert any(isinstance(one, Finding) for one in python_steps(files, ()))


def test_python_that_only_has_tools_is_not_built(repo: Repo) -> None:
    assert list(python_steps(repo({"pyproject.toml": "[tool.ruff]", "tool.py": ""}), ())) == []
