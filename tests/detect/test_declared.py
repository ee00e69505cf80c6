from collections.abc import Callable

import pytest

from uz.detect.declared import declared_web, procfile
from uz.detect.finding import Finding, Remark, Seen, Topic
from uz.detect.repository import Repository

Repo = Callable[[dict[str, str]], Repository]


def findings(seen: list[Seen]) -> dict[str, str]:
    return {one.key: one.value for one in seen if isinstance(one, Finding)}


def remarks(seen: list[Seen]) -> list[tuple[Topic, str]]:
    return [(one.topic, one.text) for one in seen if isinstance(one, Remark)]


def test_the_web_line_of_a_procfile_is_evidence(repo: Repo) -> None:
    (found,) = declared_web(repo({"Procfile": "worker: x\nweb: gunicorn shop:app"}))
    assert isinstance(found, Finding)
    assert found.value == "gunicorn shop:app --bind 127.0.0.1:$PORT"
    assert found.because.startswith("Procfile:2: web")
    assert found.sure


@pytest.mark.parametrize("text", ["", "# web: gunicorn shop:app", "web gunicorn", "webs: gunicorn"])
def test_a_procfile_without_a_web_line_says_nothing(repo: Repo, text: str) -> None:
    assert list(declared_web(repo({"Procfile": text}))) == []


def test_an_unknown_program_is_a_guess_and_its_address_a_question(repo: Repo) -> None:
    seen = list(declared_web(repo({"Procfile": "web: ./serve"})))
    assert isinstance(seen[0], Finding)
    assert not seen[0].sure
    assert [topic for topic, _ in remarks(seen)] == [Topic.CHANGE]


def test_what_runs_before_the_server_is_kept_for_later(repo: Repo) -> None:
    seen = list(declared_web(repo({"Procfile": "web: alembic upgrade head && uvicorn shop:app"})))
    assert findings(seen)["app.command"].startswith("uvicorn shop:app")
    assert (Topic.LATER, "Procfile:1: web: runs something before the server: alembic upgrade head"
            ) in remarks(seen)  # fmt: skip


def test_settings_are_taken_over_and_secrets_are_not(repo: Repo) -> None:
    line = "web: LOG_LEVEL=info API_TOKEN=hunter2 DATABASE_URL=postgres://u:hunter2@h uvicorn a:b"
    seen = list(declared_web(repo({"Procfile": line})))
    assert findings(seen)["app.env.LOG_LEVEL"] == "info"
    assert "hunter2" not in repr(seen)
    assert [topic for topic, _ in remarks(seen)] == [Topic.REFUSED] * 2


def test_a_development_server_is_not_taken_over(repo: Repo) -> None:
    seen = list(declared_web(repo({"Procfile": "web: python manage.py runserver"})))
    assert findings(seen) == {}
    assert remarks(seen) == [(Topic.REFUSED, "Procfile:1: web: it starts a development server")]


@pytest.mark.parametrize(
    "text",
    [
        'FROM python\nCMD ["uvicorn", "shop:app", "--host", "0.0.0.0"]',
        "FROM python\nCMD uvicorn shop:app --port 80",
        'from python\ncmd ["sh", "-c", "uvicorn shop:app"]',
        'FROM node\nCMD ["node"]\nFROM python\nCMD ["uvicorn", "shop:app"]',
    ],
)
def test_the_last_command_of_a_dockerfile_is_evidence(repo: Repo, text: str) -> None:
    seen = list(declared_web(repo({"Dockerfile": text})))
    assert findings(seen) == {"app.command": "uvicorn shop:app --host 127.0.0.1 --port $PORT"}


@pytest.mark.parametrize(
    "text",
    [
        'ENTRYPOINT ["python"]\nCMD ["shop.py"]',
        'FROM a\nCMD ["node"]\nFROM b',
        "# CMD node x",
        'CMD ["node", 1]',
        "CMD [broken",
        "CMD " + "[" * 50_000,
    ],
)
def test_a_dockerfile_that_does_not_say_it_alone_says_nothing(repo: Repo, text: str) -> None:
    assert list(declared_web(repo({"Dockerfile": text}))) == []


def test_a_procfile_outweighs_a_dockerfile(repo: Repo) -> None:
    seen = list(declared_web(repo({"Procfile": "web: node a.js", "Dockerfile": "CMD node b.js"})))
    assert findings(seen)["app.command"] == "node a.js"


def test_processes_come_with_their_line(repo: Repo) -> None:
    files = repo({"Procfile": "web: a\n\n# no\nWorker: b c"})
    assert list(procfile(files)) == [(1, "web", "a"), (4, "worker", "b c")]
