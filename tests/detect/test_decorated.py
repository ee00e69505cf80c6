from collections.abc import Callable

import pytest

from uz.detect.decorated import decorated_routes
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]
FASTAPI = "from fastapi import APIRouter, FastAPI\napp = FastAPI()\n"
FLASK = "from flask import Flask\napp = Flask('x')\n"
ROUTE = "\ndef health(): ..."


def paths(repo: Repo, source: str) -> list[tuple[str, bool]]:
    return [(one.path, one.sure) for one in decorated_routes(repo({"shop/main.py": source}))]


@pytest.mark.parametrize(
    "source",
    [
        FASTAPI + "@app.get('/health')\nasync def health(): ...",
        FASTAPI + "@app.get(path='/health', include_in_schema=False)" + ROUTE,
        FASTAPI + "@app.api_route('/health', methods=['get', 'HEAD'])" + ROUTE,
        FASTAPI + "r = APIRouter()\napp.include_router(r)\n@r.get('/health')" + ROUTE,
        "from fastapi import FastAPI\ndef create_app():\n    app = FastAPI()\n"
        "    @app.get('/health')\n    def health(): ...\n    return app",
        FASTAPI + "r = APIRouter(prefix='/health')\napp.include_router(r)\n@r.get('')" + ROUTE,
        FLASK + "@app.route('/health')" + ROUTE,
        FLASK + "@app.get('/health')" + ROUTE,
        "from litestar import get\n@get('/health')" + ROUTE,
        "from starlette.routing import Route\nroutes = [Route('/health', f)]",
    ],
)
def test_a_health_route_is_found(repo: Repo, source: str) -> None:
    assert paths(repo, source) == [("/health", True)]


@pytest.mark.parametrize(
    "source",
    [
        FASTAPI + "@app.post('/health')" + ROUTE,
        FASTAPI + "@app.get('/healthcare')" + ROUTE,
        FASTAPI + "@app.get(HEALTH)" + ROUTE,
        FASTAPI + "@app.get('health')" + ROUTE,
        FASTAPI + "@client.get('/health')" + ROUTE,
        FASTAPI + "app.get('/health')",
        FASTAPI + "# @app.get('/health')" + ROUTE,
        FASTAPI + "'''\n@app.get('/health')\ndef health(): ...\n'''",
        FLASK + "@app.route('/health', methods=['POST'])" + ROUTE,
        FLASK + "@app.route('/health', methods=METHODS)" + ROUTE,
        "from fake import get\n@get('/health')" + ROUTE,
        "import responses\n@responses.get('/health')" + ROUTE,
    ],
)
def test_what_only_looks_like_a_health_route_is_none(repo: Repo, source: str) -> None:
    assert paths(repo, source) == []


def test_a_router_that_nobody_includes_is_a_guess(repo: Repo) -> None:
    source = FASTAPI + "r = APIRouter(prefix='/health')\n@r.get('/ready')" + ROUTE
    assert paths(repo, source) == [("/health/ready", False)]


def test_a_route_on_an_app_of_another_file_is_found(repo: Repo) -> None:
    files = {"shop/main.py": FLASK, "shop/views.py": "from shop.main import app\n"
             "@app.route('/healthz')" + ROUTE}  # fmt: skip
    (found,) = decorated_routes(repo(files | {"shop/main.py": FLASK + "# Blueprint"}))
    assert (found.path, found.because) == ("/healthz", "shop/views.py:2: @app.route('/healthz')")


def test_routes_of_tests_do_not_count(repo: Repo) -> None:
    assert (
        list(decorated_routes(repo({"tests/a.py": FASTAPI + "@app.get('/health')" + ROUTE}))) == []
    )


def test_a_prefix_given_elsewhere_can_be_all_there_is(repo: Repo) -> None:
    files = {
        "shop/main.py": FASTAPI + "from shop.checks import r\n"
        "app.include_router(r, prefix='/health')",
        "shop/checks.py": "from fastapi import APIRouter\nr = APIRouter()\n@r.get('')" + ROUTE,
    }
    assert [one.path for one in decorated_routes(repo(files))] == ["/health"]


def test_a_group_of_routers_is_followed(repo: Repo) -> None:
    files = {
        "shop/app.py": FASTAPI + "from shop.parts import ROUTERS\n"
        "for one in ROUTERS:\n    app.include_router(one)",
        "shop/parts/__init__.py": "from shop.parts import checks\nROUTERS = (checks.router,)",
        "shop/parts/checks.py": "from fastapi import APIRouter\n"
        "router = APIRouter(prefix='/health')\n@router.get('/ready')" + ROUTE,
    }
    assert [(one.path, one.sure) for one in decorated_routes(repo(files))] == [
        ("/health/ready", True)
    ]
