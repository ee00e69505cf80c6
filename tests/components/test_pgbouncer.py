from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.components.database import budget
from uz.components.pgbouncer import PREPARES, pgbouncer, prepares, startup_packet
from uz.machine import Machine, Program
from uz.spec import Spec
from uz.stack import SecretText, Stack, TalkReady
from uz.testing import MACHINE, spec

NAMES = st.text(st.characters(min_codepoint=1, codec="utf-8"), min_size=1)


def wanted(**table: object) -> Spec:
    return spec(database=table)


def ini(of: Spec, machine: Machine = MACHINE) -> list[str]:
    return pgbouncer(of, machine).files["pgbouncer/pgbouncer.ini"].splitlines()


def with_version(*version: int) -> Machine:
    program = Program("pgbouncer", "/usr/sbin/pgbouncer", version)
    return replace(MACHINE, programs={**MACHINE.programs, "pgbouncer": program})


def test_without_a_database_there_is_no_pooler() -> None:
    assert pgbouncer(spec(), MACHINE) == Stack()


def test_it_starts_when_roles_are_made_and_is_ready_when_it_asks_for_a_password() -> None:
    (one,) = pgbouncer(wanted(), MACHINE).services
    assert one.after == ("database-setup",)
    assert one.ready == TalkReady(20432, startup_packet("app", "app"), b"R")


@given(NAMES, NAMES)
def test_a_startup_packet_tells_its_own_length(user: str, database: str) -> None:
    packet = startup_packet(user, database)
    assert int.from_bytes(packet[:4], "big") == len(packet)
    assert packet[4:8] == bytes([0, 3, 0, 0])
    assert packet[8:].split(b"\0")[:-2] == [
        b"user", user.encode(), b"database", database.encode()
    ]  # fmt: skip


def test_a_connection_is_lent_for_one_transaction_to_as_many_as_the_budget_says() -> None:
    of = wanted(pool=12, process_pool=30)
    lines = ini(of)
    assert of.database is not None
    assert {"pool_mode = transaction", "default_pool_size = 12"} <= set(lines)
    assert f"max_client_conn = {budget(of, of.database).clients}" in lines


def test_the_app_is_looked_up_and_the_file_knows_only_who_looks_up_and_who_watches() -> None:
    (one,) = pgbouncer(wanted(), MACHINE).services
    users = one.credentials["userlist.txt"]
    assert isinstance(users, SecretText)
    assert users.names() == one.passwords == ("database/pgbouncer", "database/monitoring")
    assert "auth_query = SELECT username, password FROM pgbouncer.user_lookup($1)" in ini(wanted())


def test_nobody_administers_it_over_tcp() -> None:
    assert not any(line.startswith("admin_users") for line in ini(wanted()))
    assert "unix_socket_mode = 0700" in ini(wanted())


@pytest.mark.parametrize(
    ("version", "can"), [((1, 18, 0), False), (PREPARES, True), ((1, 25, 1), True), ((2,), True)]
)
def test_prepared_statements_are_for_versions_that_follow_them(
    version: tuple[int, ...], can: bool
) -> None:
    machine = with_version(*version)
    assert prepares(machine) is can
    assert ("max_prepared_statements = 200" in ini(wanted(), machine)) is can


def test_a_machine_without_it_prepares_nothing() -> None:
    assert not prepares(replace(MACHINE, programs={}))


@pytest.mark.parametrize(("replication", "cut"), [("asynchronous", "0"), ("synchronous", "2.5")])
def test_statements_are_cut_here_only_where_the_server_must_not(replication: str, cut: str) -> None:
    of = wanted(replication=replication, statement_timeout="2500ms")
    assert f"query_timeout = {cut}" in ini(of)


def test_changed_passwords_are_taken_up_by_a_reload_over_the_private_socket() -> None:
    stack = pgbouncer(wanted(), MACHINE)
    (one,) = stack.services
    assert one.take_up == ("sh", "{root}/config/pgbouncer/take-up", "20432")
    assert '-h "$PWD/run/pgbouncer"' in stack.files["pgbouncer/take-up"]
    assert stack.files["pgbouncer/take-up"].endswith("-c RELOAD\n")


def test_two_roles_of_the_app_at_once_are_within_the_limit_of_one() -> None:
    of = wanted(pool=12)
    assert of.database is not None
    (most,) = [line for line in ini(of) if line.startswith("max_db_connections = ")]
    assert 12 + 2 < int(most.split()[-1]) <= budget(of, of.database).limit
