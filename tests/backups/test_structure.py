from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bare_postgres import Bare, bare

from uz.backups.counting import pinned
from uz.backups.structure import STRUCTURE, digest, parse_structure
from uz.errors import BackupError

ALL = """\
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TYPE pair AS (one int, two text);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE customers (id serial PRIMARY KEY, mood mood DEFAULT 'sad', name text NOT NULL);
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer int REFERENCES customers, total numeric(10, 2) CHECK (total >= 0));
CREATE INDEX by_customer ON orders (customer);
CREATE VIEW seen AS SELECT id FROM orders;
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';
CREATE AGGREGATE added(int) (sfunc = int4pl, stype = int, initcond = '0');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touched BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY own ON orders USING (customer = 1);
CREATE RULE kept AS ON DELETE TO customers DO INSTEAD NOTHING;
CREATE SEQUENCE numbers INCREMENT 5;
CREATE EXTENSION pg_trgm;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Bare]:
    with bare() as one:
        yield one


@pytest.fixture(scope="module")
def made() -> Iterator[Bare]:
    """With all that can be made, in a database that stays as it is."""
    with bare() as one:
        one.ask(ALL)
        yield one


@pytest.fixture
def fresh(server: Bare) -> Bare:
    server.ask("DROP DATABASE app WITH (FORCE)", "postgres")
    server.ask("CREATE DATABASE app", "postgres")
    return server


def structure(server: Bare, before: str = "") -> dict[str, str]:
    return dict(parse_structure(server.ask(before + pinned() + STRUCTURE)))


@pytest.mark.live
def test_the_same_statements_give_the_same_digests_whatever_numbers_the_server_gives(
    fresh: Bare,
) -> None:
    fresh.ask(ALL)
    first = structure(fresh)
    fresh.ask("DROP DATABASE app WITH (FORCE)", "postgres")
    fresh.ask("CREATE DATABASE app", "postgres")
    fresh.ask("CREATE TABLE gone (id serial); DROP TABLE gone")
    fresh.ask(ALL)
    assert structure(fresh, "SET search_path = public; SET quote_all_identifiers = on;") == first
    assert digest(structure(fresh)) == digest(first)


@pytest.mark.live
@pytest.mark.parametrize(
    ("sql", "changed"),
    [
        ("ALTER TABLE orders ADD COLUMN note text", {"table public.orders"}),
        ("ALTER TABLE orders ALTER total TYPE numeric(12, 2)", {"table public.orders"}),
        ("ALTER TABLE customers ALTER mood SET DEFAULT 'glad'", {"table public.customers"}),
        ("ALTER TABLE customers ALTER name DROP NOT NULL", {"table public.customers"}),
        ("GRANT SELECT ON orders TO pg_monitor", {"table public.orders"}),
        ("ALTER TABLE orders OWNER TO pg_monitor",
         {"table public.orders", "sequence public.orders_id_seq"}),
        ("DROP INDEX by_customer", {"index public.by_customer"}),
        ("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_customer'::regclass",
         {"index public.by_customer"}),
        ("ALTER TABLE orders DROP CONSTRAINT orders_total_check",
         {"constraint public.orders.orders_total_check"}),
        ("CREATE OR REPLACE VIEW seen AS SELECT id FROM orders WHERE id > 1", {"view public.seen"}),
        ("CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 3 * n'",
         {"function public.twice(n integer)"}),
        ("ALTER TABLE orders DISABLE TRIGGER touched", {"trigger public.orders.touched"}),
        ("DROP TRIGGER touched ON orders", {"trigger public.orders.touched"}),
        ("ALTER POLICY own ON orders USING (customer = 2)", {"policy public.orders.own"}),
        ("DROP RULE kept ON customers", {"rule public.customers.kept"}),
        ("ALTER SEQUENCE numbers INCREMENT 6", {"sequence public.numbers"}),
        ("ALTER TYPE mood ADD VALUE 'so so'", {"type public.mood"}),
        ("ALTER DOMAIN positive ADD CHECK (VALUE < 100)", {"type public.positive"}),
        ("ALTER TYPE pair ADD ATTRIBUTE three int", {"type public.pair"}),
        ("DROP EXTENSION pg_trgm", {"extension pg_trgm"}),
        ("CREATE SCHEMA another", {"schema another"}),
        ("CREATE TABLE more ()", {"table public.more"}),
        ("SELECT nextval('numbers'); INSERT INTO customers (name) VALUES ('x'); ANALYZE", set()),
        ("REINDEX TABLE customers; CLUSTER orders USING orders_pkey", set()),
    ],
)  # fmt: skip
def test_a_change_is_seen_in_what_was_changed_and_nowhere_else(
    made: Bare, sql: str, changed: set[str]
) -> None:
    before = structure(made)
    said = made.ask(f"BEGIN; {sql}; {pinned()}{STRUCTURE}; ROLLBACK")
    after = dict(parse_structure(said.splitlines()[-1]))
    assert {one for one in before | after if before.get(one) != after.get(one)} == changed


@given(st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.text()))
def test_the_digest_of_all_tells_any_two_apart_and_not_their_order(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert (digest(one) == digest(other)) is (one == other)
    assert digest(dict(reversed(one.items()))) == digest(one)


@pytest.mark.parametrize("text", ["", "[]", "3", "{"])
def test_what_is_no_structure_is_an_error(text: str) -> None:
    with pytest.raises(BackupError, match="the structure of the database cannot be read"):
        parse_structure(text)
