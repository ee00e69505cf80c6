import json
import os
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uz.detect import Topic, detect, uz_toml
from uz.errors import MachineError, SpecError
from uz.spec import Spec, parse

Folder = Callable[[dict[str, str]], Path]

FASTAPI = {
    "shop/__init__.py": "",
    "shop/main.py": "from fastapi import FastAPI\nfrom shop.health import router\n"
    "app = FastAPI()\napp.include_router(router)\n",
    "shop/health.py": "from fastapi import APIRouter\nrouter = APIRouter(prefix='/health')\n"
    "@router.get('/ready')\ndef ready(): ...\n",
    "requirements.lock": "fastapi==1 \\\n --hash=sha256:0\nuvicorn==1 \\\n --hash=sha256:0\n",
    "alembic.ini": "",
}
DJANGO = {
    "manage.py": "",
    "shop/__init__.py": "",
    "shop/settings.py": "ROOT_URLCONF = 'shop.urls'",
    "shop/urls.py": "from django.urls import path\nurlpatterns = [path('healthz/', view)]",
    "shop/wsgi.py": "from django.core.wsgi import get_wsgi_application\n"
    "application = get_wsgi_application()",
    "requirements.txt": "django\ngunicorn\npsycopg",
}
EXPRESS = {
    "package.json": json.dumps({"name": "shop", "dependencies": {"express": "4", "ioredis": "5"},
                                "scripts": {"start": "node server.js"}}),
    "package-lock.json": "{}",
    "server.js": "const app = express();\napp.get('/healthz', h);\n"
    "app.listen(process.env.PORT, '127.0.0.1');",
}  # fmt: skip
FLASK = {
    "app.py": "from flask import Flask\napp = Flask(__name__)\n@app.route('/up')\ndef up(): ...",
    "requirements.txt": "flask",
}


def spec(root: Path) -> Spec:
    return parse(uz_toml(detect(root)))


def test_a_fastapi_app_is_ready_to_use(folder: Folder) -> None:
    app = spec(folder(FASTAPI)).app
    assert app.command == "uvicorn shop.main:app --host 127.0.0.1 --port $PORT"
    assert app.health == "/health/ready"
    assert app.build[-1].endswith("--require-hashes -r requirements.lock")


def test_without_postgresql_no_database_is_written(folder: Folder) -> None:
    assert set(tomllib.loads(uz_toml(detect(folder(FASTAPI))))) == {"version", "app"}


def test_postgresql_and_its_migrations_are_a_database(folder: Folder) -> None:
    files = FASTAPI | {"pyproject.toml": '[project]\ndependencies = ["alembic", "asyncpg"]'}
    database = spec(folder(files)).database
    assert database
    assert database.migrate == "alembic upgrade head"


def test_the_notes_are_written_as_they_are(root: Path) -> None:
    """Its `uz.toml` says more in comments, and of a demonstration, but nothing else."""
    notes = root / "examples/notes"
    assert parse(uz_toml(detect(notes))) == parse((notes / "uz.toml").read_text())


def test_a_django_app_is_ready_to_use(folder: Folder) -> None:
    found = spec(folder(DJANGO))
    assert found.app.command == "gunicorn --bind 127.0.0.1:$PORT shop.wsgi:application"
    assert found.app.health == "/healthz/"
    assert found.database
    assert found.database.migrate == "python manage.py migrate --noinput"


def test_an_express_app_is_ready_to_use(folder: Folder) -> None:
    app = spec(folder(EXPRESS)).app
    assert (app.command, app.health, app.build) == ("node server.js", "/healthz", ("npm ci",))
    assert app.env == {"NODE_ENV": "production"}


def test_a_flask_app_without_a_server_says_so(folder: Folder) -> None:
    with pytest.raises(SpecError, match="app.command: missing"):
        spec(folder(FLASK))


def test_an_empty_folder_says_what_it_lacks(folder: Folder) -> None:
    detection = detect(folder({}))
    assert {one.about for one in detection.on(Topic.MISSING)} == {"app.command", "app.health"}
    with pytest.raises(SpecError, match="app.command: missing"):
        parse(uz_toml(detection))


def test_a_missing_folder_is_the_users_to_fix(tmp_path: Path) -> None:
    with pytest.raises(MachineError):
        detect(tmp_path / "nowhere")


def test_the_assets_of_a_python_app_are_built_after_its_packages(folder: Folder) -> None:
    files = {"package.json": '{"scripts": {"build": "vite build"}}', "package-lock.json": "{}"}
    assert spec(folder(FASTAPI | files)).app.build[2:] == ("npm ci", "npm run build")


def test_a_sure_command_is_preferred_to_a_declared_guess(folder: Folder) -> None:
    files = FASTAPI | {"Procfile": "web: ./start"}
    assert spec(folder(files)).app.command.startswith("uvicorn ")


def test_a_declared_server_is_preferred_to_the_source(folder: Folder) -> None:
    files = FASTAPI | {"Procfile": "web: uvicorn shop.main:app --workers 2"}
    assert "--workers 2" in spec(folder(files)).app.command


def test_a_value_that_two_places_give_is_written_once(folder: Folder) -> None:
    files = EXPRESS | {"Procfile": "web: node server.js"}
    assert len(detect(folder(files)).all("app.command")) == 1


def test_nothing_of_the_repository_is_imported_or_run(folder: Folder, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    trap = f"open({str(mark)!r}, 'w').close()\n"
    files = {name: trap + text if name.endswith(".py") else text for name, text in DJANGO.items()}
    files |= {
        "setup.py": trap,
        "conftest.py": trap,
        "sitecustomize.py": trap,
        "gunicorn.conf.py": trap,
        "uvicorn.py": trap,
        "package.json": '{"scripts": {"preinstall": "touch ran", "start": "touch ran"}}',
    }
    root = folder(files)
    before = set(sys.modules)
    here = Path.cwd()
    os.chdir(root)
    try:
        detect(root)
    finally:
        os.chdir(here)
    assert not mark.exists()
    assert {name for name in set(sys.modules) - before if not name.startswith("uz.")} == set()
    assert {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()} == set(files)


@pytest.mark.parametrize(
    "files",
    [
        {"package.json": '{"name": "x\\"\\n[network]\\nport_base = 1"}'},
        {"package.json": '{"scripts": {"start": "node a.js\\"\\n[edge]\\nrate = 1000"}}'},
        {"package.json": '{"scripts": {"start": "A=\\"\\u001b]0;x\\u0007\\" node \\ud800"}}'},
        {"Procfile": "web: node 'a\x1b[2Jb'\n\x1b[2J: x"},
        {"a'\"\n[edge]\nrate = 1\n/main.py": "from flask import Flask\napp = Flask('x')"},
        {"alembic.ini\n[edge]/alembic.ini": "", "\n[logs]\nkeep = 1\n/manage.py": ""},
        {"pyproject.toml": '[project]\nname = "a"\ndependencies = ["flask\\n[edge]\\nx"]'},
        {"x\x7f\u2028/requirements.txt": "gunicorn",
         "x\x7f\u2028/app.py": "from flask import Flask\napp = Flask('x')"},
    ],
)  # fmt: skip
def test_a_hostile_repository_injects_nothing(folder: Folder, files: dict[str, str]) -> None:
    detection = detect(folder(files))
    text = uz_toml(detection)
    tables = tomllib.loads(text)
    assert set(tables) == {"version", "app"}
    for shown in (text.replace("\n", ""), *(remark.text for remark in detection.remarks)):
        assert shown.isprintable()
    for finding in detection.findings:
        assert (finding.value + finding.because).isprintable()


WORDS = st.sampled_from(
    ["app = FastAPI()", "from fastapi import FastAPI", "@app.get('/health')", "def create_app():",
     "    return Flask(x)", "web: gunicorn x:y", "web: A=b uvicorn x:y && z", "uvicorn", "\x00",
     "[project]", 'name = "x"', '"scripts": {"start": "next start"}', "{", "}", "image: redis",
     "urlpatterns = [path('health/', include('a'))]", "const app = express();", "app.listen(",
     "CMD [", "[tool.poetry.dependencies]", 'x = {extras = ["y"]}', "--hash=sha256:0", "\ufeff",
     "app.include_router(app)", "Celery(", "q = Celery()", "\u2028", "'", '"', "`", "/*", "\\"]
)  # fmt: skip
NAMES = st.sampled_from(
    ["package.json", "pyproject.toml", "Procfile", "Dockerfile", "requirements.txt", "Pipfile",
     "main.py", "shop/__init__.py", "shop/urls.py", "settings.py", "server.js", "compose.yml",
     "next.config.js", "prisma/schema.prisma", "uv.lock", "manage.py", "a b/\u202e.py", "class.py"]
)  # fmt: skip
CONTENT = st.one_of(
    st.binary(max_size=200),
    st.lists(WORDS, max_size=8).map(lambda words: "\n".join(words).encode()),
    st.text(max_size=200).map(str.encode),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["scripts", "dependencies", "name", "start", "build", "next"]),
                inner,
            )
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, CONTENT, max_size=6))
def test_junk_never_breaks_it_and_the_result_always_parses(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        detection = detect(root)
    text = uz_toml(detection)
    assert set(tomllib.loads(text)) == {"version", "app"}
    if detection.chosen("app.command"):
        parse(text)
    else:
        with pytest.raises(SpecError, match="app.command: missing"):
            parse(text)
