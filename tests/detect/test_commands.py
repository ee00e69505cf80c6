import shlex
from dataclasses import replace

import pytest

from uz.detect.apps import App
from uz.detect.commands import SERVERS, joined, served_by, serving, taken_apart
from uz.spec.values import words

APP = App("shop/main.py", 3, "", "shop.main", "app", "FastAPI", "asgi")
FLASK = replace(APP, interface="wsgi")


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("uvicorn shop:app", "uvicorn shop:app --host 127.0.0.1 --port $PORT"),
        (
            "uvicorn shop:app --host=0.0.0.0 --port ${PORT:-8000} --workers 2",
            "uvicorn shop:app --workers 2 --host 127.0.0.1 --port $PORT",
        ),
        ("gunicorn shop:app", "gunicorn shop:app --bind 127.0.0.1:$PORT"),
        ("gunicorn -b :80 shop:app", "gunicorn shop:app --bind 127.0.0.1:$PORT"),
        ("gunicorn -b0.0.0.0:80 shop:app", "gunicorn shop:app --bind 127.0.0.1:$PORT"),
        (
            "exec python -m gunicorn --bind=unix:/x shop:app",
            "python -m gunicorn shop:app --bind 127.0.0.1:$PORT",
        ),
        ("poetry run waitress-serve shop:app", "waitress-serve shop:app --listen=127.0.0.1:$PORT"),
        ("npx next start -p 3000", "next start --hostname 127.0.0.1 --port $PORT"),
    ],
)
def test_a_known_server_is_made_to_listen_where_only_the_edge_reaches_it(
    line: str, command: str
) -> None:
    found = taken_apart(line)
    assert (found.command, found.bound) == (command, True)


def test_an_option_of_another_name_is_kept() -> None:
    line = taken_apart("gunicorn --bindings x --backlog 5 shop:app").command
    assert line.startswith("gunicorn --bindings x --backlog 5 shop:app")


def test_another_program_is_kept_as_it_is() -> None:
    found = taken_apart("node dist/server.js --port ${PORT}")
    assert (found.command, found.bound) == ("node dist/server.js --port $PORT", False)


def test_settings_before_the_program_are_told_apart() -> None:
    found = taken_apart("cross-env NODE_ENV=production A='b c' node x.js")
    assert found.settings == (("NODE_ENV", "production"), ("A", "b c"))
    assert found.command == "node x.js"


def test_what_runs_before_the_server_is_told_apart() -> None:
    found = taken_apart("python manage.py migrate && ./prepare; gunicorn shop:app")
    assert found.before == "python manage.py migrate; ./prepare"
    assert found.program == "gunicorn"


@pytest.mark.parametrize(
    "line",
    [
        "python manage.py runserver 0.0.0.0:$PORT",
        "flask run --host 0.0.0.0",
        "flask --app shop run",
        "fastapi dev",
        "uvicorn shop:app --reload",
        "next dev",
        "nodemon server.js",
        "node --watch server.js",
        "node_modules/.bin/vite",
        "react-scripts start",
    ],
)
def test_a_development_server_is_refused(line: str) -> None:
    assert "development server" in taken_apart(line).refused


@pytest.mark.parametrize("line", ["gunicorn shop:runserver_app", "node invite.js", "node devite"])
def test_a_name_that_only_resembles_a_development_server_is_fine(line: str) -> None:
    assert not taken_apart(line).refused


@pytest.mark.parametrize(
    "line",
    ["", "A=b", "node 'x", "node $(cat x)", "node `x`", "a | b", "a > b", "a & b", "x " * 900],
)
def test_what_needs_a_shell_is_refused(line: str) -> None:
    assert taken_apart(line).refused


@pytest.mark.parametrize("server", [name for name in SERVERS if name != "next"])
@pytest.mark.parametrize("root", ["", "src"])
@pytest.mark.parametrize("factory", [False, True])
@pytest.mark.parametrize("app", [APP, FLASK])
def test_every_server_listens_on_loopback_and_the_given_port(
    server: str, root: str, factory: bool, app: App
) -> None:
    found = served_by(replace(app, root=root, factory=factory), server)
    if found is None:
        return
    line = " ".join(words(joined(found), 4711))
    assert "127.0.0.1:4711" in line or ("127.0.0.1" in line and "4711" in line)


def test_each_interface_has_a_server_for_factories_below_a_folder() -> None:
    app = replace(APP, root="src", factory=True)
    assert served_by(app, "uvicorn") == (
        "uvicorn", "--app-dir", "src", "shop.main:app", "--factory",
        "--host", "127.0.0.1", "--port", "$PORT",
    )  # fmt: skip
    assert served_by(replace(app, interface="wsgi"), "gunicorn") == (
        "gunicorn", "--pythonpath", "src", "--bind", "127.0.0.1:$PORT", "shop.main:app()",
    )  # fmt: skip


def test_a_server_that_cannot_speak_the_interface_does_not_serve() -> None:
    assert serving(APP, {"gunicorn": "requirements.txt:1"}) is None
    assert serving(FLASK, {"uvicorn": "requirements.txt:1"}) is None


def test_a_package_may_be_called_otherwise_than_its_program() -> None:
    found = serving(FLASK, {"waitress": "requirements.txt:1"})
    assert found == ("waitress-serve --listen=127.0.0.1:$PORT shop.main:app", "requirements.txt:1")


def test_no_server_among_the_packages_serves_nothing() -> None:
    assert serving(APP, {"fastapi": "requirements.txt:1"}) is None


@pytest.mark.parametrize("word", ["a b", "a;b", "a'b", '"', "$(x)", "é", "", "a\\b"])
def test_words_survive_being_joined(word: str) -> None:
    assert shlex.split(joined(["x", word])) == ["x", word]
