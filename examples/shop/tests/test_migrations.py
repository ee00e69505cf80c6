"""Migrations: from nothing to what the shop expects, by one who may change tables."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import NullPool, create_engine, make_url

from migrating import alembic
from postgres_server import PostgresServer
from shop.models import Table

# All that describes tables: columns, constraints as PostgreSQL writes them, and indexes.
DESCRIPTION = """
    SELECT table_name, column_name, data_type, is_nullable, NULL
        FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), NULL, contype
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT tablename, indexname, indexdef, NULL, NULL
        FROM pg_indexes WHERE schemaname = 'public'
    ORDER BY 1, 2, 3
"""


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[str]:
    """The name of a database without tables."""
    with postgres.database() as name:
        yield name


def described(postgres: PostgresServer, database: str) -> list[tuple[Any, ...]]:
    """Every table but the one that Alembic keeps for itself."""
    with postgres.administrator(database) as administrator:
        rows = administrator.execute(DESCRIPTION).fetchall()
    return [row for row in rows if row[0] != "alembic_version"]


def test_an_empty_database_is_migrated_once(postgres: PostgresServer, empty: str) -> None:
    url = postgres.url(empty, "migrations")
    first = alembic(url, "upgrade", "head")
    assert (first.returncode, first.stdout) == (0, "")
    assert "Running upgrade  -> 0001" in first.stderr
    second = alembic(url, "upgrade", "head")
    assert second.returncode == 0
    assert "Running upgrade" not in second.stderr
    with psycopg.connect(postgres.url(empty)) as app:
        assert app.execute("SELECT count(*) FROM products").fetchall() == [(5,)]


def test_the_models_and_the_migrations_say_the_same(
    postgres: PostgresServer, empty: str, migrated: str
) -> None:
    checked = alembic(postgres.url(migrated, "migrations"), "check")
    assert checked.returncode == 0, checked.stderr

    url = make_url(postgres.url(empty, "migrations")).set(drivername="postgresql+psycopg")
    with create_engine(url, poolclass=NullPool).begin() as connection:
        Table.metadata.create_all(connection)
    made = described(postgres, empty)
    assert len(made) > 30
    assert made == described(postgres, migrated)


def test_what_was_migrated_can_be_undone(postgres: PostgresServer, migrated: str) -> None:
    with postgres.database(migrated) as name:
        undone = alembic(postgres.url(name, "migrations"), "downgrade", "base")
        assert undone.returncode == 0
        assert described(postgres, name) == []


def test_the_app_may_change_rows_and_no_table(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as app:
        app.execute("UPDATE products SET stock = stock")
        for statement in ("DROP TABLE products", "CREATE TABLE more ()"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement.encode())


def test_a_migration_that_waits_for_a_lock_fails_whole_and_soon(
    postgres: PostgresServer, empty: str
) -> None:
    with postgres.administrator(empty) as administrator, administrator.transaction():
        administrator.execute("CREATE TABLE accounts ()")
        failed = alembic(postgres.url(empty, "migrations"), "upgrade", "head")
    assert failed.returncode != 0
    assert "lock timeout" in failed.stderr
    assert [row[0] for row in described(postgres, empty)] == []


@pytest.mark.parametrize("url", ["", "mysql://app:hunter2@127.0.0.1/app"])
def test_without_a_database_it_says_so_in_one_line(url: str) -> None:
    failed = alembic(url, "upgrade", "head")
    assert failed.returncode != 0
    assert "write postgresql://" in failed.stdout + failed.stderr
    assert len(failed.stderr.splitlines()) == 1
    assert "hunter2" not in failed.stdout + failed.stderr
