"""Clients with the app's URL: where they read it, and how their reports are read."""

import os
import stat
import subprocess
from pathlib import Path

import pytest
from tests.checklist.pool_stand import PoolStand

from uz.checklist.pooling.clients import AS_APP, Answered, as_app, database_of, load, say, url_file
from uz.errors import ProgramError
from uz.shell import Completed
from uz.stack import Owner
from uz.testing import FakeEnvironment

DIRECT = """\
pgbench: error: connection to server at "127.0.0.1", port 26400 failed: FATAL:  too many \
connections for role "app"
pgbench: error: could not create connection for client 5
"""
ABORTED = """\
pgbench: error: client 0 script 0 aborted in command 0 query 0: FATAL:  transaction blocks not \
allowed in statement pooling mode
pgbench: error: client 1 aborted in command 1 (SQL) of script 0; perhaps the backend died
pgbench: error: Run was aborted; the above results are incomplete.
"""


def test_the_url_is_read_from_the_file_that_the_app_reads(stand: PoolStand) -> None:
    assert url_file(stand).endswith("/trial/credentials/app/database-url")
    assert stand.credential("app-1", "database-url").reveal().startswith(b"postgresql://app:")


def test_a_client_has_the_rights_of_the_app(stand: PoolStand) -> None:
    say(stand, "SELECT 1", within=5)
    assert stand.rights == [Owner.APP]


def test_the_script_hands_on_what_the_url_says_without_any_argument(tmp_path: Path) -> None:
    url = tmp_path / "url"
    url.write_text("postgresql://app:p-w_1@127.0.0.1:26432/shop")
    seen = tmp_path / "client"
    seen.write_text('#!/bin/sh\necho "$#"; env | grep ^PG | sort; cat\n')
    seen.chmod(stat.S_IRWXU)
    done = subprocess.run(
        ["sh", "-c", AS_APP, "client", url, "SELECT '%s';\n\\sleep 1 ms", seen, "-x"],
        env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True, timeout=10,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "1", "PGAPPNAME=uz-proof", "PGCONNECT_TIMEOUT=10", "PGDATABASE=shop", "PGHOST=127.0.0.1",
        "PGPASSWORD=p-w_1", "PGPORT=26432", "PGUSER=app", "SELECT '%s';", r"\sleep 1 ms",
    ]  # fmt: skip


def test_the_password_is_in_no_command_line(stand: PoolStand) -> None:
    stand.files["credentials/app/database-url"] = "postgresql://app:hush@127.0.0.1:23432/app"
    say(stand, "SELECT 1", within=5)
    assert "hush" not in str(stand.said)


def test_a_missing_program_is_named(stand: PoolStand, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Completed((), 127, "", "sh: 8: pgbench: not found")
    monkeypatch.setattr(stand, "run", lambda *_argv, **_options: bare)
    with pytest.raises(ProgramError, match="pgbench: not found"):
        as_app(stand, "SELECT 1", "pgbench", within=5)


def test_without_a_database_there_is_nothing_to_come_to() -> None:
    with pytest.raises(KeyError, match="database"):
        database_of(FakeEnvironment())


@pytest.mark.parametrize(
    ("done", "counted"),
    [
        (Completed((), 1, "", DIRECT), (0, 0, 0, 'too many connections for role "app"')),
        (
            Completed((), 2, "number of transactions actually processed: 3/8\n", ABORTED),
            (3, 2, 0, "transaction blocks not allowed in statement pooling mode"),
        ),
        (
            Completed((), 0, "number of transactions actually processed: 80\n"
                      "number of failed transactions: 2 (2.5%)\n"
                      "number of transactions above the 2400.0 ms latency limit: 19/80 (1%)\n", ""),
            (80, 2, 19, ""),
        ),
        (Completed((), 0, "", ""), (0, 0, 0, "")),
    ],
    ids=["refused", "aborted", "counted", "silent"],
)  # fmt: skip
def test_reports_of_pgbench_are_read(done: Completed, counted: tuple[int, int, int, str]) -> None:
    found = load(done)
    assert (found.processed, found.failed, found.late, found.problem) == counted


def test_what_a_client_was_told_is_one_line() -> None:
    told = Answered(Completed((), 1, "", "noise\npsql:<stdin>:1: ERROR:  no"), 1.0)
    assert told.words == "ERROR:  no"
    assert Answered(Completed((), 3, "", ""), 1.0).words == "exit code 3"
