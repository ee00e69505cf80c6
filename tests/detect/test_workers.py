from collections.abc import Callable

import pytest

from uz.detect.finding import Finding, Remark, Topic
from uz.detect.repository import Repository
from uz.detect.workers import workers

Repo = Callable[[dict[str, str]], Repository]
CELERY = "from celery import Celery\nqueue = Celery('shop', broker='redis://:hunter2@h/0')\n"


def found(repo: Repo, files: dict[str, str], *packages: str) -> dict[str, str]:
    seen = workers(repo(files), dict.fromkeys(packages, "requirements.txt:1"))
    return {one.key: one.value for one in seen if isinstance(one, Finding)}


def test_lines_of_a_procfile_are_processes(repo: Repo) -> None:
    text = "web: gunicorn a\nworker: celery -A shop worker\nMail_Queue: python mail.py\nrelease: x"
    assert found(repo, {"Procfile": text}) == {
        "processes.worker.command": "celery -A shop worker",
        "processes.mail-queue.command": "python mail.py",
    }


def test_a_name_that_uz_uses_itself_is_changed(repo: Repo) -> None:
    assert found(repo, {"Procfile": "edge: ./edge"}) == {"processes.edge-job.command": "./edge"}


@pytest.mark.parametrize("line", ["w: a && b", "w: TOKEN=x ./a", "w: a | b", "9: ./a"])
def test_lines_that_cannot_be_used_are_told(repo: Repo, line: str) -> None:
    (remark,) = workers(repo({"Procfile": line}), {})
    assert isinstance(remark, Remark)
    assert remark.topic is Topic.REFUSED


def test_a_celery_app_means_a_worker(repo: Repo) -> None:
    files = {"shop/tasks.py": CELERY, "shop/__init__.py": ""}
    assert found(repo, files) == {"processes.worker.command": "celery -A shop.tasks:queue worker"}


def test_the_place_of_a_celery_app_does_not_show_its_broker(repo: Repo) -> None:
    assert "hunter2" not in repr(list(workers(repo({"tasks.py": CELERY}), {})))


def test_a_schedule_means_a_scheduler_too(repo: Repo) -> None:
    files = {"src/shop/tasks.py": CELERY + "queue.conf.beat_schedule = {}"}
    assert found(repo, files)["processes.scheduler.command"] == (
        "celery -A shop.tasks:queue --workdir src beat"
    )


@pytest.mark.parametrize(
    "source",
    ["from fake import Celery\nq = Celery()", "# from celery import Celery\n# q = Celery()"],
)
def test_what_only_looks_like_celery_is_none(repo: Repo, source: str) -> None:
    assert found(repo, {"tasks.py": source}) == {}


def test_a_procfile_outweighs_the_source(repo: Repo) -> None:
    files = {"Procfile": "jobs: celery -A shop worker", "tasks.py": CELERY}
    assert list(found(repo, files)) == ["processes.jobs.command"]


def test_rq_is_a_guess(repo: Repo) -> None:
    (one,) = workers(repo({}), {"rq": "requirements.txt:1: rq"})
    assert isinstance(one, Finding)
    assert (one.value, one.sure) == ("rq worker", False)
