import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.managers.openbao_server import free_port

from uz.components import compose
from uz.errors import MachineError
from uz.spec import Spec
from uz.targets.local.layout import Layout
from uz.targets.local.leading import lead
from uz.targets.local.one_run import Run
from uz.targets.local.starts import awaited_first, begun, in_order
from uz.targets.local.state import read_state
from uz.targets.local.users import isolated, missing_users
from uz.testing import MACHINE, spec

PROJECT = Path("/somewhere/shop")


@pytest.fixture(autouse=True)
def _users() -> None:
    if isolated() and missing_users():
        pytest.skip("root needs the users that `uz doctor --install` creates")


@pytest.fixture
def of() -> Spec:
    """A Spec with its own OpenBao, on ports that are free."""
    return on(free_port() - 820, secrets={})


def on(base: int, **tables: Any) -> Spec:
    return spec("trial", environments={"trial": {"network": {"port_base": base}}}, **tables)


def a_begun(layout: Layout, of: Spec, parent: str = "") -> Run:
    stack = compose(of, MACHINE)
    return begun(layout, of, stack, MACHINE, PROJECT, lambda *_: None, parent)


def test_folders_are_there_and_the_claim_is_written_down(layout: Layout, of: Spec) -> None:
    run = a_begun(layout, of, "production")
    for folder in (layout.data, layout.config, layout.logs, layout.run, layout.data / "openbao"):
        assert folder.is_dir()
    state = read_state(layout)
    assert state == run.state
    assert state is not None
    assert (state.kind, state.project, state.parent) == ("rehearsal", str(PROJECT), "production")
    assert {of.ports.secrets, of.ports.secrets + 1, of.ports.https} <= set(state.ports)
    assert state.public_ports == tuple(sorted((of.ports.http, of.ports.https)))
    assert "openbao" in state.order


def test_what_was_applied_before_is_not_forgotten(layout: Layout, of: Spec) -> None:
    from uz.targets.local.one_run import remember

    remember(a_begun(layout, of), "edge", "digest")
    assert a_begun(layout, of).state.applied == {"edge": "digest"}


def test_a_port_that_another_program_has_is_told_before_a_claim(layout: Layout, of: Spec) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", of.ports.secrets))),
        pytest.raises(MachineError, match=str(of.ports.secrets)),
    ):
        a_begun(layout, of)
    assert read_state(layout) is None


def test_of_the_databases_the_one_that_leads_starts_first(layout: Layout) -> None:
    of = on(23000, database={"replicas": 1})
    stack = compose(of, MACHINE)
    (layout.data / "database").mkdir(parents=True)
    names = [one.name for one in in_order(layout, of, stack)]
    assert names.index("database-1") < names.index("database-2")
    lead(layout, of, 2)
    names = [one.name for one in in_order(layout, of, stack)]
    assert names.index("database-2") < names.index("database-1")


def test_without_a_database_the_stack_orders_itself(layout: Layout, of: Spec) -> None:
    stack = compose(of, MACHINE)
    assert in_order(layout, of, stack) == stack.in_start_order()


def test_what_nobody_waits_for_is_waited_for_last() -> None:
    """The replica copies for minutes, and the stanza takes a second, while users are served."""
    of = on(23000, database={"replicas": 1, "migrate": "true"}, backups={"offsite": "embedded"})
    ordered = compose(of, MACHINE).in_start_order()
    names = [one.name for one in awaited_first(ordered)]
    assert sorted(names) == sorted(one.name for one in ordered)
    assert names.index("edge") < names.index("archive-setup") < names.index("database-2")
    assert names.index("database-2") < names.index("scheduler")
    for one in ordered:
        assert all(names.index(needed) < names.index(one.name) for needed in one.after)


def test_a_replica_that_commits_wait_for_is_up_before_the_migration() -> None:
    database = {"replicas": 1, "replication": "synchronous", "migrate": "true"}
    ordered = compose(on(23000, database=database), MACHINE).in_start_order()
    names = [one.name for one in awaited_first(ordered)]
    assert names.index("database-2") < names.index("migrate") < names.index("app-1")
