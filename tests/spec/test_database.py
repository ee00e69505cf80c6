from datetime import timedelta

import pytest

from uz.errors import SpecError
from uz.testing import spec


def test_an_app_without_the_table_has_no_database() -> None:
    assert spec().database is None


def test_the_empty_table_is_enough() -> None:
    made = spec(database={}).database
    assert made is not None
    assert (made.replicas, made.synchronous, made.migrate) == (1, False, None)
    assert made.statement_timeout == timedelta(seconds=15)


@pytest.mark.parametrize(
    "wrong",
    [
        {"replicas": -1},
        {"replicas": 4},
        {"replicas": True},
        {"replication": "semisynchronous"},
        {"version": 14},
        {"version": "16"},
        {"version": 15.5},
        {"pool": 0},
        {"pool": 1001},
        {"process_pool": 0},
        {"memory": 5},
        {"memory": "31MiB"},
        {"memory": "5 pounds"},
        {"retained_wal": "a lot"},
        {"migrate": ""},
        {"migrate": "two\nlines"},
        {"migrate_timeout": "soon"},
        {"lock_timeout": "21d"},
        {"replication": "synchronous", "replicas": 0},
    ],
)
def test_what_is_no_database_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=rf"database(\.|: ){next(iter(wrong))}: "):
        spec(database=wrong)


def test_a_misspelt_key_is_named_with_the_right_one() -> None:
    with pytest.raises(SpecError, match="did you mean 'replicas'"):
        spec(database={"replica": 2})


@pytest.mark.parametrize(
    "key",
    ["migrate_timeout", "pool_timeout", "connect_timeout", "statement_timeout", "lock_timeout",
     "idle_in_transaction_timeout"],
)  # fmt: skip
@pytest.mark.parametrize("value", ["0s", "99ms"])
def test_no_limit_at_all_is_no_limit_of_time(key: str, value: str) -> None:
    with pytest.raises(SpecError, match=rf"database\.{key}: at least 100ms"):
        spec(database={key: value})


def test_a_migration_has_no_port() -> None:
    with pytest.raises(SpecError, match=r"database\.migrate: "):
        spec(database={"migrate": "migrate --port $PORT"})


def test_statements_end_before_the_requests_that_wait_for_them() -> None:
    with pytest.raises(SpecError, match=r"database\.statement_timeout: longer than app\.request"):
        spec(app={"request_timeout": "5s"}, database={"statement_timeout": "6s"})
    assert spec(app={"request_timeout": "6s"}, database={"statement_timeout": "6s"}).database


@pytest.mark.parametrize("replicas", [0, 1, 3])
def test_servers_and_pooler_have_ports_of_their_own(replicas: int) -> None:
    made = spec(database={"replicas": replicas}, redis={"purpose": "cache"})
    assert made.database is not None
    ports = [made.ports.pooler, *map(made.ports.database, made.database.nodes)]
    assert ports == [20432, *range(20400, 20401 + replicas)]


@pytest.mark.parametrize("port", [20400, 20401, 20432])
def test_the_edge_keeps_off_the_ports_of_the_database(port: int) -> None:
    with pytest.raises(SpecError, match=r"edge\.https_port: "):
        spec(edge={"https_port": port}, database={})
    assert spec(edge={"https_port": port}).ports.https == port


@pytest.mark.parametrize("name", ["database", "pgbouncer", "migrate"])
def test_names_that_the_database_needs_are_taken(name: str) -> None:
    with pytest.raises(SpecError, match=rf"processes\.{name}: this name is taken"):
        spec(processes={name: {"command": "x"}})
