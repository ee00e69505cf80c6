import json
import re

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects
from tests.scheduling.stand import NOON, Stand, ended, job

from uz.scheduling.run import Outcome

DAILY = "17 3 * * *"


@pytest.fixture
def stand(projects: Projects) -> Stand:
    """An environment with a backup and a drill."""
    one = Stand(projects.applied().layout.root)
    one.plan(
        job("backup", "echo taken", DAILY),
        job("drill", "printf 'why\\033[31m\\n'; exit 3", DAILY, after=["backup"]),
    )
    return one


def test_what_runs_is_listed(uz: Uz, stand: Stand) -> None:
    stand.journal.record(ended("backup", NOON))
    said = uz("jobs")
    header, backup, drill = said.out.splitlines()
    assert (said.code, said.err) == (0, "")
    assert header.split("  ")[0] == "JOB"
    assert re.fullmatch(
        r"backup  17 3 \* \* \*  2026-03-04 12:00  1 s   done     2026-03-05 03:[\d]{2}, overdue",
        backup,
    )
    assert drill.startswith("drill   17 3 * * *  never")


def test_a_job_that_waits_says_for_what(uz: Uz, stand: Stand) -> None:
    assert uz("jobs").out.splitlines()[2].endswith("after backup")


def test_a_failed_one_is_1_and_says_what_it_printed(uz: Uz, stand: Stand) -> None:
    stand.journal.record(ended("backup", NOON, Outcome.FAILED, lines=("one", "no room\x1b[31m")))
    said = uz("jobs")
    assert said.code == 1
    assert said.out.splitlines()[-2:] == ["backup: one", "backup: no room\\x1b[31m"]
    form = json.loads(uz("jobs", "--json").out)
    assert (form["format"], form["jobs"][0]["failed"]) == (1, True)
    assert form["jobs"][0]["last"]["outcome"] == "failed"
    assert form["jobs"][1]["waits_for"] == ["backup"]


def test_one_is_run_now_and_recorded(uz: Uz, stand: Stand) -> None:
    said = uz("jobs", "--run", "backup")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[0] == "taken"
    assert "backup: done after" in said.out
    assert [run.outcome for run in stand.runs("backup")] == [Outcome.DONE]
    assert uz("--quiet", "jobs", "--run", "drill").code == 1


def test_the_history_is_listed_oldest_first(uz: Uz, stand: Stand) -> None:
    for name in ("drill", "backup"):
        uz("jobs", "--run", name)
    lines = uz("jobs", "--history").out.splitlines()
    assert [line.split()[0] for line in lines] == ["JOB", "drill", "backup"]
    assert lines[1].endswith("failed   why\\x1b[31m")
    assert len(uz("jobs", "--history", "drill").out.splitlines()) == 2
    form = json.loads(uz("jobs", "--history", "--json").out)
    assert [run["job"] for run in form["runs"]] == ["drill", "backup"]


def test_the_history_tells_what_went_wrong_and_not_the_hint(uz: Uz, stand: Stand) -> None:
    stand.plan(job("drill", "echo 'uz: the port is in use'; echo 'next: Stop it.'; exit 2", DAILY))
    uz("jobs", "--run", "drill")
    assert uz("jobs", "--history").out.splitlines()[1].endswith("uz: the port is in use")


def test_a_job_that_is_not_there_is_named(uz: Uz, stand: Stand) -> None:
    for words in (["--history", "nightly"], ["--run", "nightly"]):
        said = uz("jobs", *words)
        assert said.code == 2
        assert "there is no job 'nightly'\nnext: Jobs are backup, drill." in said.err


def test_without_backups_the_next_step_is_told(uz: Uz, projects: Projects) -> None:
    projects.applied()
    said = uz("jobs")
    assert said.code == 2
    assert "[backups]" in said.err


def test_another_projects_jobs_are_not_run(uz: Uz, projects: Projects) -> None:
    place = projects.place()
    projects.apply(place, project="/elsewhere")
    Stand(place.layout.root).plan(job("backup", "true", DAILY))
    assert uz("jobs", "--run", "backup").code == 2
    assert uz("jobs").code == 0


def test_a_damaged_journal_is_told(uz: Uz, stand: Stand) -> None:
    stand.places.journal.write_text("{")
    assert "the journal was damaged, and is kept as " in uz("jobs").out
