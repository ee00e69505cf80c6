import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.secret import Secret
from uz.testing import MemoryManager

REFERENCE = "ref+vault://secret/stripe-key#/value"
VALUE = {"value": Secret(b"hunter2hunter2")}


@pytest.fixture(autouse=True)
def _applied(projects: Projects, manager: MemoryManager) -> None:
    env = {"STRIPE_KEY": REFERENCE, "OTHER": "ref+vault://secret/other#/value"}
    projects.applied(secrets={"manager": "openbao"}, app={"env": env})
    manager.write("secret/stripe-key", VALUE)
    manager.write("secret/uz/app/session-key", VALUE)


def test_names_versions_age_and_readers_are_shown_and_no_value(
    uz: Uz, manager: MemoryManager
) -> None:
    (kept,) = manager.versions["secret/stripe-key"]
    old = datetime.now(UTC) - timedelta(days=3, hours=1)
    manager.versions["secret/stripe-key"] = [replace(kept, version="a" * 20, written_at=old)]
    said = uz("secrets", "list")
    assert (said.code, said.err) == (0, "")
    rows = [line.split() for line in said.out.splitlines()]
    assert rows[2] == ["stripe-key", "aaaaaaa…", "3", "d", "1", "h", "you", "app-1,", "app-2"]
    assert rows[3][:2] == ["app/session-key", "1"]
    assert rows[3][-2:] == ["Uz", "nobody"]
    assert "hunter2" not in said.out


def test_what_is_missing_is_shown_with_its_readers(uz: Uz) -> None:
    said = uz("secrets", "list").out
    assert "missing: ref+vault://secret/other#/value, read by app-1, app-2\n" in said


def test_programs_get_it_as_json(uz: Uz) -> None:
    form = json.loads(uz("secrets", "list", "--json").out)
    assert (form["version"], form["manager"]) == (1, "a manager in memory")
    first = form["secrets"][0]
    assert datetime.fromisoformat(first.pop("written_at")).tzinfo
    assert first == {
        "name": "stripe-key", "path": "secret/stripe-key", "version": "1", "own": False,
        "readers": ["app-1", "app-2"],
    }  # fmt: skip
    assert form["missing"][0]["reference"] == "ref+vault://secret/other#/value"
