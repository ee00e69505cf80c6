import pytest
from pydantic import ValidationError

from uz.spec import App, Database, Edge, Logs, Maintenance, Network, Process, Redis, Spec

TABLES = (App, Database, Edge, Logs, Maintenance, Network, Process, Redis, Spec)


def test_a_table_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Edge().rate = 5  # type: ignore[misc]


@pytest.mark.parametrize("table", TABLES)
def test_every_key_is_documented_where_it_is_defined(table: type[Spec]) -> None:
    tables = ("app", "edge", "network", "logs", "maintenance", "database", "redis")
    silent = [name for name, field in table.model_fields.items() if not field.description]
    assert [name for name in silent if name not in tables] == []


@pytest.mark.parametrize("table", TABLES)
def test_every_table_refuses_unknown_keys(table: type[Spec]) -> None:
    assert table.model_config["extra"] == "forbid"
