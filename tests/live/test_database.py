"""The database on a good day: who may do what, from where, and what the app is told."""

import re
import time
from collections.abc import Iterator

import pytest
from tests.live.postgres import (
    a_stage_with_database,
    asked,
    note,
    notes,
    own,
    passwords,
    said,
    same_on_both,
)
from tests.live.stage import Stage

pytestmark = pytest.mark.live

ROLES = ("app", "migrations", "monitoring", "pgbouncer", "replication")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stage]:
    """A stack with a primary, a standby and a migrated schema."""
    with a_stage_with_database() as one:
        yield one


def test_status_lists_the_servers_and_none_of_what_ran_once(stack: Stage) -> None:
    found = stack.services()
    assert {"database-1", "database-2", "pgbouncer"} < set(found)
    assert not {"database-setup", "migrate"} & set(found)
    assert all(one["healthy"] for one in found.values())
    assert found["database-2"]["address"] == f"127.0.0.1:{stack.base + 401}"


def test_a_second_run_changes_nothing(stack: Stage) -> None:
    before = stack.pids()
    done = stack.up()
    assert "ready after" not in done.stdout
    assert "done in" not in done.stdout
    assert stack.pids() == before


def test_the_app_writes_and_reads_through_the_pooler_what_a_migration_made(stack: Stage) -> None:
    note(stack, "first")
    changed = "UPDATE notes SET text = 'second' WHERE text = 'first' RETURNING text"
    assert said(asked(stack, "app", changed, port=432)) == "second"
    assert "second" in notes(stack)
    said(asked(stack, "app", "DELETE FROM notes WHERE text = 'second'", port=432))
    assert "second" not in notes(stack)


def test_what_a_migration_makes_belongs_to_the_owner(stack: Stage) -> None:
    made = "CREATE VIEW all_notes AS SELECT * FROM notes; CREATE SCHEMA more;"
    said(asked(stack, "migrations", made + "CREATE TABLE more.things (id int)"))
    assert own(stack, "SELECT tableowner FROM pg_tables WHERE tablename = 'notes'") == "owner"
    assert own(stack, "SELECT nspowner::regrole FROM pg_namespace WHERE nspname='more'") == "owner"
    assert own(stack, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'owner'") == "f"
    said(asked(stack, "app", "SELECT * FROM all_notes; INSERT INTO more.things VALUES (1)"))


@pytest.mark.parametrize(
    ("role", "sql", "why"),
    [
        ("app", "CREATE TABLE mine (id int)", "permission denied for schema public"),
        ("app", "CREATE SCHEMA mine", "permission denied for database app"),
        ("app", "CREATE DATABASE mine", "permission denied to create database"),
        ("app", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS '1'", "permission denied"),
        ("app", "ALTER TABLE notes ADD COLUMN more int", "must be owner of table notes"),
        ("app", "DROP TABLE notes", "must be owner of table notes"),
        ("app", "CREATE INDEX ON notes (text)", "must be owner of table notes"),
        ("app", "TRUNCATE notes", "permission denied for table notes"),
        ("app", "SELECT * FROM pg_authid", "permission denied for table pg_authid"),
        ("app", "SELECT pgbouncer.user_lookup('app')", "permission denied for schema pgbouncer"),
        ("app", "SELECT pg_read_file('/etc/passwd')", "permission denied for function"),
        ("app", "COPY notes TO PROGRAM 'cat'", "external program"),
        ("app", "ALTER SYSTEM SET fsync = off", "permission denied to set parameter"),
        ("app", "SET ROLE owner", 'permission denied to set role "owner"'),
        ("app", "SET ROLE migrations", 'permission denied to set role "migrations"'),
        ("app", "ALTER ROLE app SUPERUSER", "must be superuser|permission denied"),
        ("app", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'"
         " OR backend_type = 'checkpointer'", "must be a|permission denied"),
        ("migrations", "SELECT * FROM pg_authid", "permission denied for table pg_authid"),
        ("migrations", "CREATE ROLE mine", "permission denied to create role"),
        ("migrations", "SET ROLE postgres", 'permission denied to set role "postgres"'),
        ("monitoring", "SELECT * FROM notes", "permission denied for table notes"),
        ("monitoring", "SELECT * FROM pg_authid", "permission denied for table pg_authid"),
        ("pgbouncer", "SELECT * FROM notes", "permission denied for table notes"),
        ("pgbouncer", "SELECT * FROM pg_authid", "permission denied for table pg_authid"),
        ("replication", "SELECT 1", 'permission denied for database "app"'),
    ],
)  # fmt: skip
def test_no_role_may_do_more_than_it_has_to(stack: Stage, role: str, sql: str, why: str) -> None:
    done = asked(stack, role, sql)
    assert done.returncode != 0, done.stdout
    assert re.search(why, done.stderr), done.stderr


def test_who_looks_up_passwords_finds_the_apps_and_no_other(stack: Stage) -> None:
    found = said(asked(stack, "pgbouncer", "SELECT * FROM pgbouncer.user_lookup('app')"))
    assert found.startswith("app|SCRAM-SHA-256$")
    for role in ("postgres", "migrations", "replication"):
        query = f"SELECT * FROM pgbouncer.user_lookup('{role}')"
        assert said(asked(stack, "pgbouncer", query)) == ""


def test_monitoring_sees_what_others_do(stack: Stage) -> None:
    query = "SELECT count(*) > 0 FROM pg_stat_replication WHERE state = 'streaming'"
    assert said(asked(stack, "monitoring", query)) == "t"


@pytest.mark.parametrize("port", [400, 401, 432])
@pytest.mark.parametrize("database", ["app", "postgres"])
def test_nobody_is_the_superuser_over_tcp(stack: Stage, port: int, database: str) -> None:
    done = asked(stack, "postgres", "SELECT 1", port=port, database=database, secret="x")
    assert done.returncode != 0
    if port != 432:
        assert "pg_hba.conf rejects connection" in done.stderr


@pytest.mark.parametrize("role", ROLES)
def test_a_wrong_password_is_refused(stack: Stage, role: str) -> None:
    done = asked(stack, role, "SELECT 1", secret="wrong")
    assert f'password authentication failed for user "{role}"' in done.stderr


def test_a_wrong_password_is_refused_by_the_pooler(stack: Stage) -> None:
    done = asked(stack, "app", "SELECT 1", port=432, secret="wrong")
    assert done.returncode != 0
    assert "authentication failed" in done.stderr


def test_none_but_the_app_gets_to_the_database_through_the_pooler(stack: Stage) -> None:
    assert asked(stack, "migrations", "SELECT 1", port=432).returncode != 0


@pytest.mark.parametrize(
    "place", ["run/database", "run/pgbouncer", "data/database/database-1", "credentials/database",
              "credentials/pgbouncer", "credentials/database-setup", "credentials/migrate"],
)  # fmt: skip
def test_what_is_the_servers_is_closed_to_the_app(stack: Stage, as_root: None, place: str) -> None:
    answer = stack.client().get(f"/read?{stack.root() / place}")
    assert answer.json() == "PermissionError"


def test_the_disk_is_checked_and_what_a_standby_may_hold_back_is_bounded(stack: Stage) -> None:
    assert own(stack, "SHOW data_checksums") == "on"
    assert own(stack, "SHOW max_slot_wal_keep_size") == "64MB"
    assert own(stack, "SELECT slot_name, active FROM pg_replication_slots") == "database_2|t"


def test_a_standby_has_what_the_primary_has_and_takes_no_writes(stack: Stage) -> None:
    note(stack, "to be copied")
    assert same_on_both(stack)
    refused = asked(stack, "app", "INSERT INTO notes (text) VALUES ('no')", port=401)
    assert "read-only transaction" in refused.stderr


def test_the_app_is_told_its_limits(stack: Stage) -> None:
    told = stack.client().get("/environment").json()
    assert told["DATABASE_URL"].startswith("postgresql://app:")
    assert told["DATABASE_URL"].endswith(f"@127.0.0.1:{stack.base + 432}/app")
    assert {key: told[key] for key in told if key.startswith("DATABASE_") and "URL" not in key} == {
        "DATABASE_CONNECT_TIMEOUT": "5",
        "DATABASE_POOL_SIZE": "10",
        "DATABASE_POOL_TIMEOUT": "10",
        "DATABASE_STATEMENT_TIMEOUT": "15",
        "DATABASE_PREPARED_STATEMENTS": told["DATABASE_PREPARED_STATEMENTS"],
    }


def test_only_the_migration_is_told_the_way_past_the_pooler(stack: Stage) -> None:
    assert "DATABASE_DIRECT_URL" not in stack.client().get("/environment").json()
    told = [line for line in stack.log("migrate.log").splitlines() if line.startswith("told: ")]
    assert {"told: DATABASE_DIRECT_URL", "told: DATABASE_URL"} <= set(told)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("statement_timeout", "15s"), ("lock_timeout", "5s"),
     ("idle_in_transaction_session_timeout", "30s")],
)  # fmt: skip
def test_the_servers_keep_the_limits_of_time(stack: Stage, setting: str, value: str) -> None:
    assert said(asked(stack, "app", f"SHOW {setting}", port=432)) == value


def test_no_password_is_in_a_file_that_is_written_to_disk_or_in_a_log(stack: Stage) -> None:
    secrets = passwords(stack).values()
    assert len(secrets) == len(ROLES)
    for folder in ("config", "logs", "data/database"):
        for path in (stack.root() / folder).rglob("*"):
            if path.is_file():
                text = path.read_bytes()
                assert not any(secret.encode() in text for secret in secrets), path


def test_a_wish_for_more_connections_and_for_fewer_reaches_both_servers(stack: Stage) -> None:
    for pool in (40, 10):
        stack.set("database.pool", pool)
        stack.up()
        most = [int(own(stack, "SHOW max_connections", node=node)) for node in (1, 2)]
        assert most[1] >= most[0] == pool + 18
        limit = "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'app'"
        assert own(stack, limit) == str(pool + 5)


def test_after_down_and_up_everything_is_there(stack: Stage) -> None:
    note(stack, f"kept {time.time():.0f}")
    before = notes(stack)
    assert stack.uz("down").code == 0
    stack.up()
    assert notes(stack) == before
    assert same_on_both(stack)
