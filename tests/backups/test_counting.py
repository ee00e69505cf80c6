import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bare_postgres import Bare, bare

from uz.backups.counting import (
    PINNED,
    TABLES,
    Countable,
    counting,
    parse_counts,
    parse_tables,
    pinned,
)
from uz.backups.point import Table
from uz.errors import BackupError

ORDERS = Countable("public.orders", 10, 100, "id")
OTHERS = Countable('public."Others"', 11, 101, "id")
BOTH = (ORDERS, OTHERS)


def test_settings_are_pinned_for_the_session_or_for_the_transaction() -> None:
    assert pinned().count("SET ") == len(PINNED)
    assert all(line.startswith("SET LOCAL ") for line in pinned(local=True).splitlines())


@given(st.lists(st.tuples(st.text(min_size=1), st.integers(1, 2**32), st.text()), max_size=5))
def test_the_list_of_tables_is_read_as_it_was_written(found: list[tuple[str, int, str]]) -> None:
    text = json.dumps([[name, oid, oid, columns] for name, oid, columns in found])
    assert parse_tables(text) == tuple(Countable(a, b, b, c) for a, b, c in found)


@given(st.text())
def test_whatever_is_said_instead_of_a_list_is_an_error_of_backups(text: str) -> None:
    try:
        parse_tables(text)
        parse_counts([text], BOTH)
    except BackupError:
        return
    assert json.loads(text) == []


def test_counts_are_by_table() -> None:
    found = parse_counts(['[1, 5, "7", 101]', '[0, 3, "-2", 100]'], BOTH)
    assert found.tables == {"public.orders": Table(3, "-2"), 'public."Others"': Table(5, "7")}
    assert not found.left_out


def test_a_table_with_another_file_than_before_is_left_out() -> None:
    found = parse_counts(['[0, 0, "0", 999]'], BOTH)
    assert not found.tables
    assert set(found.left_out) == {"public.orders"}


@pytest.mark.parametrize("line", ["", "[1, 2]", "[9, 1, 1, 1]", '["x", 1, 1, 1]', "{}", "3"])
def test_a_damaged_count_is_an_error(line: str) -> None:
    with pytest.raises(BackupError, match="the count of a table cannot be read"):
        parse_counts([line], BOTH)


@pytest.fixture(scope="module")
def server() -> Iterator[Bare]:
    with bare() as one:
        yield one


@pytest.fixture
def fresh(server: Bare) -> Bare:
    server.ask("DROP DATABASE app WITH (FORCE)", "postgres")
    server.ask("CREATE DATABASE app", "postgres")
    return server


def counted(server: Bare, before: str = "") -> dict[str, Table]:
    tables = parse_tables(server.ask(pinned() + TABLES))
    lines = [
        server.ask(before + pinned() + counting(one, number)) for number, one in enumerate(tables)
    ]
    found = parse_counts(lines, tables)
    assert not found.left_out
    return {name: one for name, one in found.tables.items() if name.startswith(("public", '"'))}


@pytest.mark.live
def test_names_may_be_whatever_postgresql_takes(fresh: Bare) -> None:
    odd = ('"select"', '"with space"', '"UPPER"', '"quo""te"', '"a.b"', '"back\\slash"', '"a:b"',
           "\"it's\"", '"%s"', '"{0}"', '"naïve ☃"', '"new\nline"', '"-- no comment"')  # fmt: skip
    for name in odd:
        fresh.ask(f'CREATE TABLE {name} ({name} int, "order" text); INSERT INTO {name} VALUES (1)')
    found = counted(fresh)
    assert set(found) == {f"public.{name}" for name in odd}
    assert {one.rows for one in found.values()} == {1}


@pytest.mark.live
def test_schemas_are_told_apart(fresh: Bare) -> None:
    fresh.ask('CREATE SCHEMA "Other One"; CREATE TABLE "Other One".t (); CREATE TABLE public.t ()')
    assert set(counted(fresh)) == {'"Other One".t', "public.t"}


@pytest.mark.live
def test_leaves_are_counted_and_what_has_no_rows_of_its_own_is_not(fresh: Bare) -> None:
    fresh.ask("""
        CREATE TABLE parted (id int) PARTITION BY RANGE (id);
        CREATE TABLE low PARTITION OF parted FOR VALUES FROM (0) TO (10);
        CREATE TABLE high PARTITION OF parted FOR VALUES FROM (10) TO (20) PARTITION BY LIST (id);
        CREATE TABLE eleven PARTITION OF high FOR VALUES IN (11);
        CREATE TABLE parent (id int); CREATE TABLE child (more int) INHERITS (parent);
        INSERT INTO parted VALUES (1), (2), (11);
        INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 2), (1, 3);
        CREATE UNLOGGED TABLE fleeting (id int); CREATE VIEW seen AS SELECT * FROM parent;
        CREATE MATERIALIZED VIEW kept AS SELECT * FROM parent;
        CREATE EXTENSION file_fdw; CREATE SERVER s FOREIGN DATA WRAPPER file_fdw;
        CREATE FOREIGN TABLE elsewhere (id int) SERVER s OPTIONS (filename '/dev/null');
    """)
    rows = {name.removeprefix("public."): one.rows for name, one in counted(fresh).items()}
    assert rows == {"low": 2, "eleven": 1, "parent": 1, "child": 2}


@pytest.mark.live
def test_an_empty_table_and_rows_without_columns_count(fresh: Bare) -> None:
    fresh.ask("CREATE TABLE nobody (id int); CREATE TABLE bare (); "
              "INSERT INTO bare DEFAULT VALUES; INSERT INTO bare DEFAULT VALUES")  # fmt: skip
    found = counted(fresh)
    assert found["public.nobody"] == Table(0, "0")
    assert found["public.bare"].rows == 2


@pytest.mark.live
def test_large_objects_are_counted(fresh: Bare) -> None:
    fresh.ask("SELECT lo_from_bytea(0, '\\xdead')")
    tables = parse_tables(fresh.ask(pinned() + TABLES))
    (large,) = [one for one in tables if one.name == "pg_catalog.pg_largeobject"]
    assert json.loads(fresh.ask(pinned() + counting(large)))[1] == 1


@pytest.mark.live
def test_the_checksum_depends_neither_on_the_order_of_rows_nor_on_settings(fresh: Bare) -> None:
    fresh.ask("""
        CREATE TYPE pair AS (one int, at timestamptz);
        CREATE TABLE t (a timestamptz, b interval, c float8, d bytea, e money, f pair, g date[],
            h jsonb, i xml, j numeric, k int GENERATED ALWAYS AS (1 + 1) STORED);
        INSERT INTO t (a, b, c, d, e, f, g, h, i, j)
            SELECT to_timestamp(n), make_interval(days => n), n / 3.0, '\\xbeef', n::money,
            (n, to_timestamp(n))::pair, ARRAY[date '2020-02-29'], '{"a": 1.10}', '<a/>', 1.10
            FROM generate_series(1, 50) n;
        CREATE TABLE backwards (LIKE t INCLUDING ALL);
        INSERT INTO backwards (a, b, c, d, e, f, g, h, i, j)
            SELECT a, b, c, d, e, f, g, h, i, j FROM t ORDER BY a DESC;
    """)
    other = "".join(
        f"SET {one};"
        for one in (
            "DateStyle = 'German'",
            "IntervalStyle = 'iso_8601'",
            "TimeZone = 'Asia/Tokyo'",
            "bytea_output = 'escape'",
            "extra_float_digits = 0",
            "xmlbinary = 'hex'",
        )
    )
    found = counted(fresh)
    assert found["public.t"] == found["public.backwards"]
    assert counted(fresh, other) == found
    fresh.ask("ALTER DATABASE app SET TimeZone = 'America/New_York'")
    assert counted(fresh) == found


@pytest.mark.live
@pytest.mark.parametrize(
    ("one", "other"),
    [("'NaN'", "0"), ("'-0'", "0"), ("NULL", "0"), ("0.1", "0.1::float4"),
     ("1.0000000000000002", "1"), ("'Infinity'", "'-Infinity'")],
)  # fmt: skip
def test_values_that_are_not_the_same_have_other_checksums(
    fresh: Bare, one: str, other: str
) -> None:
    fresh.ask(f"CREATE TABLE a (v float8); INSERT INTO a VALUES ({one})")
    fresh.ask(f"CREATE TABLE b (v float8); INSERT INTO b VALUES ({other})")
    found = counted(fresh)
    assert found["public.a"].rows == found["public.b"].rows
    assert found["public.a"].checksum != found["public.b"].checksum


@pytest.mark.live
def test_null_and_an_empty_text_are_not_the_same_nor_is_a_comma_a_column(fresh: Bare) -> None:
    for name, values in (
        ("a", "NULL, ''"),
        ("b", "'', NULL"),
        ("c", "'x,', ''"),
        ("d", "'x', ','"),
    ):
        fresh.ask(f"CREATE TABLE {name} (one text, two text); INSERT INTO {name} VALUES ({values})")
    assert len({one.checksum for one in counted(fresh).values()}) == 4


@pytest.mark.live
def test_rows_that_only_the_superuser_may_see_are_counted(fresh: Bare) -> None:
    fresh.ask("CREATE TABLE t (id int); INSERT INTO t VALUES (1); REVOKE ALL ON t FROM PUBLIC")
    fresh.ask("ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    assert counted(fresh)["public.t"].rows == 1
