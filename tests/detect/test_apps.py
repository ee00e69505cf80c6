from collections.abc import Callable

import pytest

from uz.detect.apps import App, apps
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]
FASTAPI = "from fastapi import FastAPI\n"
FLASK = "from flask import Flask\n"


def targets(found: tuple[App, ...]) -> list[str]:
    return [f"{app.module}:{app.name}" for app in found]


@pytest.mark.parametrize(
    ("source", "interface"),
    [
        (FASTAPI + "app = FastAPI()", "asgi"),
        ("import fastapi\napp = fastapi.FastAPI(title='x')", "asgi"),
        ("from starlette.applications import Starlette\napp = Starlette()", "asgi"),
        ("from litestar import Litestar\napp = Litestar([])", "asgi"),
        ("from quart import Quart\napp = Quart(__name__)", "asgi"),
        (FLASK + "app: Flask = Flask(__name__)", "wsgi"),
        (FLASK + "class Shop(Flask): ...\napp = Shop('x')", "wsgi"),
        ("from django.core.wsgi import get_wsgi_application as g\napp = g()", "wsgi"),
        ("from django.core.asgi import get_asgi_application\napp = get_asgi_application()", "asgi"),
        (f"try:\n    {FASTAPI}finally:\n    pass\nif True:\n    app = FastAPI()", "asgi"),
    ],
)
def test_an_application_is_found_by_what_makes_it(repo: Repo, source: str, interface: str) -> None:
    (app,) = apps(repo({"main.py": source}))
    assert (app.module, app.name, app.interface) == ("main", "app", interface)


@pytest.mark.parametrize(
    "source",
    [
        "from shop.fake import FastAPI\napp = FastAPI()",
        "class FastAPI: ...\napp = FastAPI()",
        "'''from fastapi import FastAPI\napp = FastAPI()'''",
        "# from fastapi import FastAPI; app = FastAPI()",
        FASTAPI + "if __name__ == '__main__':\n    app = FastAPI()",
        FASTAPI + "def helper():\n    app = FastAPI()",
        FASTAPI + "app = FastAPI",
        FASTAPI + "app: FastAPI",
        FASTAPI + "class X:\n    app = FastAPI()",
        FASTAPI + "routers = [FastAPI()]",
    ],
)
def test_what_only_looks_like_an_application_is_none(repo: Repo, source: str) -> None:
    assert apps(repo({"main.py": source})) == ()


def test_applications_of_tests_and_examples_do_not_count(repo: Repo) -> None:
    source = FASTAPI + "app = FastAPI()"
    assert apps(repo({"tests/main.py": source, "examples/app.py": source})) == ()


def test_the_place_is_named_without_the_arguments(repo: Repo) -> None:
    (app,) = apps(repo({"main.py": FASTAPI + "\napp = FastAPI(key='hunter2')"}))
    assert app.because == "main.py:3: app = FastAPI(…)"


@pytest.mark.parametrize(
    "source",
    [
        FLASK + "def create_app(config=None):\n    app = Flask('x')\n    return app",
        FASTAPI + "def create_app(*, debug=False) -> FastAPI:\n    return FastAPI()",
        FASTAPI + "def app_factory():\n    return FastAPI()",
    ],
)
def test_a_factory_without_required_arguments_can_be_served(repo: Repo, source: str) -> None:
    (app,) = apps(repo({"shop/__init__.py": source}))
    assert app.factory


@pytest.mark.parametrize(
    "source",
    [
        FASTAPI + "def create_app(settings):\n    return FastAPI()",
        FASTAPI + "def create_app(*, settings):\n    return FastAPI()",
        FASTAPI + "async def create_app():\n    return FastAPI()",
        FASTAPI + "def create_app():\n    FastAPI()",
        FASTAPI + "def prepare():\n    return FastAPI()",
        "def create_app():\n    return object()",
    ],
)
def test_a_factory_that_no_server_could_call_is_not_offered(repo: Repo, source: str) -> None:
    assert apps(repo({"shop.py": source})) == ()


@pytest.mark.parametrize(
    "line",
    [
        "from shop.app import create_app\napp = create_app(settings())",
        "from shop import create_app\napp = create_app(1)",
        "import shop.app\napp = shop.app.create_app(1)",
    ],
)
def test_what_a_factory_returned_can_be_served(repo: Repo, line: str) -> None:
    factory = FASTAPI + "def create_app(settings):\n    return FastAPI()"
    files = {"shop/app.py": factory, "shop/__init__.py": "from .app import create_app"}
    (app,) = apps(repo(files | {"shop/main.py": line}))
    assert (app.module, app.name, app.interface, app.factory) == ("shop.main", "app", "asgi", False)


def test_a_factory_of_another_package_with_the_same_name_proves_nothing(repo: Repo) -> None:
    factory = FASTAPI + "def create_app(settings):\n    return FastAPI()"
    files = {"shop/app.py": factory, "main.py": "from other import create_app\napp = create_app(1)"}
    assert apps(repo(files)) == ()


def test_the_likeliest_application_comes_first(repo: Repo) -> None:
    files = repo(
        {
            "main.py": FASTAPI + "api = FastAPI()\napp = FastAPI()\napp.mount('/api', api)",
            "admin/other.py": FASTAPI + "app = FastAPI()",
            "shop.py": FASTAPI + "def create_app():\n    return FastAPI()",
        }
    )
    assert targets(apps(files)) == ["main:app", "admin.other:app", "shop:create_app", "main:api"]


def test_two_targets_of_one_assignment_are_two_names(repo: Repo) -> None:
    found = apps(repo({"wsgi.py": FLASK + "application = app = Flask('x')"}))
    assert targets(found) == ["wsgi:app", "wsgi:application"]


def test_the_number_of_candidates_is_bounded(repo: Repo) -> None:
    lines = "\n".join(f"app{number} = FastAPI()" for number in range(100))
    assert len(apps(repo({"main.py": FASTAPI + lines}))) == 20
