import pytest
from pydantic import ValidationError

from uz.spec import (
    App,
    Backups,
    Database,
    Edge,
    Keep,
    Logs,
    Maintenance,
    Network,
    Pipeline,
    Process,
    Redis,
    Secrets,
    Spec,
)

TABLES = (
    App, Backups, Database, Edge, Keep, Logs, Maintenance, Network, Pipeline, Process, Redis,
    Secrets, Spec,
)  # fmt: skip


def test_a_table_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Edge().rate = 5  # type: ignore[misc]


@pytest.mark.parametrize("table", TABLES)
def test_every_key_is_documented_where_it_is_defined(table: type[Spec]) -> None:
    silent = {name for name, field in table.model_fields.items() if not field.description}
    tables = {one.__name__.lower() for one in TABLES}
    assert silent - tables == set()


@pytest.mark.parametrize("table", TABLES)
def test_every_table_refuses_unknown_keys(table: type[Spec]) -> None:
    assert table.model_config["extra"] == "forbid"
