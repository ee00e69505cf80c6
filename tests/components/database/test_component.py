import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.components import compose
from uz.components.database import database, led_by, name, nodes_of
from uz.components.database.component import SETUP
from uz.components.rotating import derived
from uz.spec import Database, Spec
from uz.stack import AskReady, Owner, Role, SecretText, Stack
from uz.testing import MACHINE, spec

NODES = st.integers(0, 3).flatmap(
    lambda replicas: st.tuples(st.just(replicas), st.integers(1, replicas + 1))
)


def wanted(**table: object) -> Spec:
    return spec(database=table)


def made(**table: object) -> Stack:
    return database(wanted(**table), MACHINE)


def test_without_the_table_there_is_no_database() -> None:
    assert database(spec(), MACHINE) == Stack()


def test_servers_have_ports_of_their_own_on_loopback() -> None:
    servers = [one for one in made(replicas=2).services if one.listens]
    assert [one.name for one in servers] == ["database-1", "database-2", "database-3"]
    assert [one.listens[0].port for one in servers] == [20400, 20401, 20402]
    assert not any(one.listens[0].public for one in servers)


def test_the_first_server_leads_until_another_is_chosen() -> None:
    started = [one.name for one in made(replicas=1).in_start_order()]
    assert started == ["database-1", SETUP, "database-2"]


@given(NODES)
def test_whoever_leads_starts_first_and_the_others_follow(nodes: tuple[int, int]) -> None:
    replicas, node = nodes
    stack = led_by(compose(wanted(replicas=replicas), MACHINE), name(node))
    order = [one.name for one in stack.in_start_order()]
    for other in nodes_of(Database(replicas=replicas)):
        assert (order.index(other) < order.index(SETUP)) is (other == name(node))


@given(NODES)
def test_who_leads_changes_the_order_and_nothing_else(nodes: tuple[int, int]) -> None:
    replicas, node = nodes
    stack = compose(wanted(replicas=replicas, migrate="up"), MACHINE)
    led = led_by(stack, name(node))
    assert led.files == stack.files
    assert [one.name for one in led.services] == [one.name for one in stack.services]
    assert led_by(led, name(1)) == stack


@given(st.integers(0, 3))
def test_every_server_has_a_file_of_its_own(replicas: int) -> None:
    files = made(replicas=replicas).files
    own = sorted(path for path in files if path.startswith("database/database-"))
    assert own == [f"database/database-{n}.conf" for n in range(1, replicas + 2)]


def test_servers_and_setup_run_as_the_servers_user() -> None:
    assert {one.owner for one in made().services} == {Owner.SERVERS}
    assert {one.role for one in made().services} == {Role.SERVER}


def test_the_setup_runs_to_its_end() -> None:
    assert [one.name for one in made().services if one.once] == [SETUP]


def test_a_server_is_asked_for_its_role_not_for_its_port() -> None:
    ready = made().service("database-2").ready
    assert isinstance(ready, AskReady)
    assert ready.command[-2:] == ("database-2", "20401")


def test_a_server_ends_without_waiting_for_its_clients() -> None:
    one = made().service("database-1")
    assert (one.stop_signal, one.stop_timeout) == ("INT", 90)


def test_servers_know_only_the_password_of_replication() -> None:
    credentials = made().service("database-1").credentials
    (found,) = credentials.values()
    assert isinstance(found, SecretText)
    assert found.names() == ("database/replication",)


@pytest.mark.parametrize("replication", ["asynchronous", "synchronous"])
def test_no_rendered_file_holds_a_password(replication: str) -> None:
    stack = compose(wanted(replication=replication, migrate="up"), MACHINE)
    assert not any("{{" in text for text in stack.files.values())


def test_every_password_is_made_up_by_somebody() -> None:
    stack = compose(wanted(migrate="up"), MACHINE)
    asked = {
        secret
        for one in stack.services
        for text in one.credentials.values()
        if isinstance(text, SecretText)
        for secret in text.names()
    }
    made_up = {name for one in stack.services for name in one.passwords}
    known_here = {name for name in asked if derived(name)}
    assert asked - made_up - known_here == {"database/port"}


def test_changed_passwords_are_taken_up_without_a_restart() -> None:
    assert made().service("database-1").take_up == ("true",)


def test_the_same_spec_gives_the_same_files() -> None:
    assert made(replicas=3) == made(replicas=3)


def test_the_canary_is_there_with_backups_alone() -> None:
    assert "database-setup/canary.sql" not in made().files
    with_backups = database(spec(database={}, backups={}), MACHINE)
    assert "database-setup/canary.sql" in with_backups.files
    assert "config/database-setup/canary.sql" in with_backups.files["database-setup/setup"]
