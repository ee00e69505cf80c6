import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.components.database.budget import budget
from uz.components.database.settings import memory, node_settings, settings
from uz.spec import Spec
from uz.testing import MACHINE, spec

SIZES = st.sampled_from(["64MiB", "200MiB", "1GiB", "64GiB", "1024GiB"])


def conf(text: str) -> dict[str, str]:
    """The settings, without their quotes."""
    found = re.findall(r"^(\w+) = (.*)$", text, re.MULTILINE)
    assert len({key for key, _ in found}) == len(found), "a key is set twice"
    return {key: value.strip("'") for key, value in found}


def made(of: Spec) -> dict[str, str]:
    assert of.database is not None
    return conf(settings(of, of.database, MACHINE))


def own(of: Spec, node: int) -> dict[str, str]:
    assert of.database is not None
    return conf(node_settings(of, of.database, node))


@pytest.mark.parametrize(("replicas", "share"), [(0, 2), (1, 1), (3, 0.5)])
def test_servers_share_a_quarter_of_the_machine(replicas: int, share: float) -> None:
    of = spec(database={"replicas": replicas})
    assert of.database is not None
    assert memory(of.database, MACHINE) == share * 2**30


@given(SIZES, st.integers(1, 1000))
def test_the_parts_of_memory_are_no_more_than_the_whole(size: str, pool: int) -> None:
    of = spec(database={"memory": size, "pool": pool})
    assert of.database is not None
    whole = memory(of.database, MACHINE) // 2**20
    found = made(of)
    shared = int(found["shared_buffers"].removesuffix("MB"))
    assert 1 <= shared <= whole / 4
    assert int(found["effective_cache_size"].removesuffix("MB")) <= whole
    sorting = int(found["work_mem"].removesuffix("kB")) * int(found["max_connections"]) / 1024
    assert sorting <= max(whole / 4, 4 * budget(of, of.database).server)
    assert int(found["work_mem"].removesuffix("kB")) >= 4096


def test_connections_are_those_of_the_budget() -> None:
    of = spec(database={"pool": 33})
    assert of.database is not None
    assert made(of)["max_connections"] == str(budget(of, of.database).server)


@pytest.mark.parametrize(
    "setting", ["fsync", "full_page_writes", "synchronous_commit", "hot_standby_feedback"]
)
def test_what_was_acknowledged_is_on_the_disk(setting: str) -> None:
    assert made(spec(database={}))[setting] == "on"


@pytest.mark.parametrize(
    ("retained", "kept"), [("1GiB", "1024MB"), ("16MiB", "16MB"), ("1KiB", "1MB")]
)
def test_a_slot_keeps_no_more_than_was_asked_for(retained: str, kept: str) -> None:
    assert made(spec(database={"retained_wal": retained}))["max_slot_wal_keep_size"] == kept


def test_only_loopback_is_listened_on_and_the_socket_is_private() -> None:
    found = made(spec(database={}))
    assert found["listen_addresses"] == "127.0.0.1"
    assert found["unix_socket_permissions"] == "0700"


def test_values_of_parameters_stay_out_of_the_log() -> None:
    found = made(spec(database={}))
    assert found["log_parameter_max_length"] == "0"
    assert found["log_parameter_max_length_on_error"] == "0"


def test_each_server_has_a_name_and_a_slot_of_its_own() -> None:
    found = own(spec(database={}), 2)
    assert (found["port"], found["cluster_name"]) == ("20401", "database_2")
    assert found["primary_slot_name"] == "database_2"


@pytest.mark.parametrize(
    ("table", "wait"),
    [
        ({"replication": "asynchronous", "replicas": 2}, ""),
        ({"replication": "synchronous", "replicas": 1}, "ANY 1 (database_2)"),
        ({"replication": "synchronous", "replicas": 2}, "ANY 1 (database_2, database_3)"),
    ],
)
def test_a_commit_waits_for_any_other_server_where_that_was_asked_for(
    table: dict[str, object], wait: str
) -> None:
    assert own(spec(database=table), 1)["synchronous_standby_names"] == wait
