from collections.abc import Callable

import pytest

from uz.detect.modules import read_module
from uz.detect.repository import Repository
from uz.detect.wiring import Wiring, same

Repo = Callable[[dict[str, str]], Repository]
FASTAPI = "from fastapi import APIRouter, FastAPI\n"
FLASK = "from flask import Blueprint, Flask\n"


def prefixes(repo: Repo, files: dict[str, str], origin: str) -> list[str]:
    repository = repo(files)
    wiring = Wiring()
    for path in repository.paths:
        module = read_module(repository, path)
        if module:
            wiring.read(module)
    owner = wiring.owner(origin)
    assert owner
    return wiring.prefixes(owner)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (FASTAPI + "r = FastAPI()", [""]),
        (FASTAPI + "r = APIRouter(prefix='/a')", []),
        (FASTAPI + "r = APIRouter(prefix='/a')\napp = FastAPI()\napp.include_router(r)", ["/a"]),
        (
            FASTAPI + "app = FastAPI()\nr = APIRouter(prefix='/a')\n"
            "app.include_router(r, prefix='/api/')",
            ["/api/a"],
        ),
        (
            FASTAPI + "P = '/v1'\napp = FastAPI()\nr = APIRouter()\n"
            "app.include_router(router=r)\napp.include_router(r, prefix=P)",
            ["/v1"],
        ),
        (FASTAPI + "app = FastAPI()\nr = FastAPI()\napp.mount('/sub', r)", ["/sub"]),
        (FLASK + "app = Flask('x')\nr = Blueprint('r', 'r', url_prefix='/a')\n"
         "app.register_blueprint(r)", ["/a"]),
        (FLASK + "app = Flask('x')\nr = Blueprint('r', 'r', url_prefix='/a')\n"
         "app.register_blueprint(r, url_prefix='/b')", ["/b"]),
        (FASTAPI + "app = FastAPI()\nr = APIRouter()\napp.include_router(r, prefix=f'/{x}')", []),
        (FASTAPI + "app = FastAPI()\nr = APIRouter(prefix=settings.p)\napp.include_router(r)", []),
    ],
)  # fmt: skip
def test_a_routers_prefix_is_that_of_all_it_hangs_below(
    repo: Repo, source: str, found: list[str]
) -> None:
    assert prefixes(repo, {"main.py": source}, "main.r") == found


def test_routers_are_followed_across_files(repo: Repo) -> None:
    files = {
        "shop/main.py": FASTAPI + "from shop.api import router as api\napp = FastAPI()\n"
        "app.include_router(api, prefix='/api')",
        "shop/api/__init__.py": FASTAPI + "from . import health\nrouter = APIRouter(prefix='/v1')\n"
        "router.include_router(health.router)",
        "shop/api/health.py": FASTAPI + "router = APIRouter(prefix='/health')",
    }
    assert prefixes(repo, files, "shop.api.health.router") == ["/api/v1/health"]


def test_routers_in_a_loop_over_a_named_group_are_followed(repo: Repo) -> None:
    files = {
        "shop/app.py": FASTAPI + "from shop.parts import ROUTERS\ndef create_app():\n"
        "    app = FastAPI()\n    for one in ROUTERS:\n        app.include_router(one)",
        "shop/parts/__init__.py": "from shop.parts import health\nROUTERS = (health.router,)",
        "shop/parts/health.py": FASTAPI + "router = APIRouter(prefix='/health')",
    }
    assert prefixes(repo, files, "shop.parts.health.router") == ["/health"]


def test_routers_that_include_each_other_have_no_prefix(repo: Repo) -> None:
    source = "a = APIRouter()\nb = APIRouter()\na.include_router(b)\nb.include_router(a)"
    assert prefixes(repo, {"main.py": FASTAPI + source}, "main.a") == []


def test_a_router_included_very_often_stays_bounded(repo: Repo) -> None:
    lines = ["app = FastAPI()"]
    for level in range(12):
        lines.append(f"r{level} = APIRouter()")
        above = f"r{level - 1}" if level else "app"
        lines += [f"{above}.include_router(r{level}, prefix='/{n}')" for n in range(20)]
    assert len(prefixes(repo, {"main.py": FASTAPI + "\n".join(lines)}, "main.r11")) == 8


def test_names_are_the_same_from_different_roots() -> None:
    assert same("shop.main.app", "main.app")
    assert same("main.app", "main.app")


@pytest.mark.parametrize("other", ["app", "in.app", "main.app2", "", "other.main"])
def test_names_that_only_end_alike_are_not_the_same(other: str) -> None:
    assert not same("shop.main.app", other)
