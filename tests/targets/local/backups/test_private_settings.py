from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups.target import LATEST, Aim, Target, parse_target, to_point, to_time
from uz.errors import BackupError
from uz.targets.local.backups.private_settings import (
    LIMITS,
    NAMES,
    files,
    limits,
    recovery,
    settings,
)

MOMENT = datetime(2026, 11, 26, 17, 30, 5, 250000, tzinfo=UTC)


def controldata(**values: int) -> str:
    lines = [f"{name} setting:              {values.get(name, 1)}" for name in LIMITS]
    return "\n".join(["pg_control version number:            1300", *lines, "wal_level setting: x"])


@given(st.integers(1, 262143))
def test_a_private_server_takes_at_least_what_the_primary_took(connections: int) -> None:
    found = limits(controldata(max_connections=connections))
    assert found["max_connections"] >= connections
    assert found["max_connections"] <= max(10_000, connections)
    assert found.keys() == {NAMES.get(name, name) for name in LIMITS}


def test_what_tells_no_limits_is_refused() -> None:
    with pytest.raises(BackupError, match="does not tell max_connections"):
        limits(controldata().replace("max_connections", "other"))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (to_time(MOMENT), {"recovery_target_time": "2026-11-26 17:30:05.250000+00"}),
        (to_point("hourly-1", MOMENT), {"recovery_target_name": "hourly-1"}),
        (parse_target("20261126F"), {"recovery_target": "immediate"}),
        (LATEST, {}),
    ],
)
def test_exactly_one_target_is_named(target: Target, expected: dict[str, str]) -> None:
    found = recovery(target, promote=False)
    others = {"recovery_target_timeline", "recovery_target_inclusive", "recovery_target_action"}
    assert {key: value for key, value in found.items() if key not in others} == expected
    pauses = target.aim is not Aim.LATEST
    assert found["recovery_target_action"] == ("pause" if pauses else "promote")
    assert recovery(target, promote=True)["recovery_target_action"] == "promote"


def test_nothing_leaves_a_private_server() -> None:
    found = settings("x", Path("/s"), Path("/f"), {}, durable=False, memory=2**27)
    assert found["listen_addresses"] == found["archive_command"] == found["primary_conninfo"] == ""
    assert found["archive_mode"] == "off"
    assert (found["fsync"], found["shared_buffers"]) == ("off", "128MB")
    assert found["dynamic_shared_memory_type"] == "mmap"  # a killed one leaves none in /dev/shm
    durable = settings("x", Path("/s"), Path("/f"), {}, durable=True, memory=1)
    assert (durable["fsync"], durable["shared_buffers"]) == ("on", "16MB")


def test_the_app_is_let_in_as_itself_and_nobody_else_is() -> None:
    made = files("root", "uz", "uz-app")
    assert made["hba.conf"] == "local all all peer map=private\n"
    lines = made["ident.conf"].splitlines()
    assert [one for one in lines if " uz-app " in one] == [
        "private uz-app app",
        "private uz-app migrations",
    ]
    assert "private root postgres" in lines
    alone = files("me", "me", "me")["ident.conf"].splitlines()
    assert len(alone) == len(set(alone))
