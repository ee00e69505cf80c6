"""What is told of backups, restores, drills and jobs is what their commands print."""

import argparse
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.backups.repositories import Paths, an_hour, minutes
from tests.reference.test_json_page import fields
from tests.scheduling.stand import NOON, ended

from uz.backups.backup import Backup, BackupKind
from uz.backups.drilled import Drilled
from uz.backups.finding import Finding
from uz.backups.plan import plan
from uz.backups.target import parse_target
from uz.cli.backup.listing import json_form
from uz.cli.jobs import _form
from uz.cli.restore import _told
from uz.cli.screen import Screen
from uz.operations.jobs import JobStatus
from uz.operations.list_backups import Listed, Listing, Span
from uz.reference.json_backups import DRILL, JOBS, LISTING, RESTORE, RUNS, TRIED
from uz.reference.json_page import json_page
from uz.scheduling.job import Job

AT = datetime(2026, 11, 22, 4, 41, tzinfo=UTC)
FULL = Backup("b1", BackupKind.FULL, AT, AT, (), "0" * 24, "0" * 24, 5, 3, "7", 15)


def test_every_field_of_the_list_of_backups_is_told_and_no_other() -> None:
    found = Listing((Listed("cafe", FULL, False, True),), (Span("cafe", True, AT, AT),))
    assert list(fields(json_form(found))) == list(LISTING)


def test_every_field_of_a_drill_is_told_and_no_other() -> None:
    done = Drilled(AT, "cafe", "b1", "uz-1", {"fetch": 2.0}, 20.0, (Finding("rows", True, "1"),))
    told = [name for name in fields(json.loads(done.line())) if not name.startswith("phases.")]
    assert told == list(DRILL)


def test_every_field_of_jobs_and_of_their_runs_is_told_and_no_other() -> None:
    one = JobStatus(Job("backup", "17 3 * * *", 30.0, ("true",)), (), None, AT, False, ())
    assert list(fields({"format": 1, "jobs": [_form(one)]})) == list(JOBS)
    assert list(fields({"format": 1, "runs": [ended("backup", NOON).form()]})) == list(RUNS)


def test_every_field_of_a_restore_is_told_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    made = plan([an_hour().inventory()], parse_target("latest"), minutes(61), Paths())
    choice = cast(Any, SimpleNamespace(plan=made, source=SimpleNamespace(where="x", here=True)))
    _told(argparse.Namespace(json=True), choice, Screen(), dict.fromkeys(TRIED))
    assert list(json.loads(capsys.readouterr().out)) == [*RESTORE, *TRIED]


def test_the_page_has_all_of_them() -> None:
    page = json_page()
    for command in ("backup list", "restore", "drill", "jobs"):
        assert f"\n## uz {command}\n" in page
