import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.components import compose
from uz.components.rotating import (
    ALSO,
    NO_PASSWORD,
    Phase,
    Record,
    derived,
    parsed,
    phases,
    values,
)
from uz.secret import Secret
from uz.stack import SecretText
from uz.testing import MACHINE, spec

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1)
RECORDS = st.builds(
    Record,
    TEXTS.map(lambda text: Secret(text.encode())),
    TEXTS.map(lambda text: Secret(text.encode())),
    st.sampled_from(Phase),
)
OLD, NEW = Secret(b"old-old-old"), Secret(b"new-new-new")


def found(name: str, phase: Phase) -> dict[str, str]:
    record = Record(OLD, NEW, phase)
    return {name: one.reveal().decode() for name, one in values({name: record}).items()}


@given(RECORDS)
def test_a_record_is_read_as_it_was_written(record: Record) -> None:
    assert parsed(record.text()) == record


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b'"hunter2"', b'{"old": 1, "new": 2}', b"\xff",
             b'{"old": "hunter2", "new": "b", "phase": "hunter2"}'],
)  # fmt: skip
def test_what_is_no_record_is_refused_without_a_value(text: bytes) -> None:
    with pytest.raises(ValueError, match="is no record") as caught:
        parsed(Secret(text))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_record_shows_no_value() -> None:
    assert "old-old" not in repr(Record(OLD, NEW, Phase.ACCEPT))
    assert set(json.loads(Record(OLD, NEW, Phase.CLOSE).text().reveal())) == {"old", "new", "phase"}


def test_readers_have_the_old_one_until_servers_accept_both() -> None:
    current = {phase: Record(OLD, NEW, phase).current for phase in Phase}
    assert current.pop(Phase.ACCEPT) == OLD
    assert set(map(id, current.values())) == {id(NEW)}


@pytest.mark.parametrize(
    ("phase", "also"),
    [(Phase.ACCEPT, " >new-new-new"), (Phase.READERS, " >old-old-old"), (Phase.CLOSE, "")],
)
def test_redis_accepts_both_until_all_readers_have_the_new_one(phase: Phase, also: str) -> None:
    texts = found("redis/app", phase)
    assert texts["also/redis/app"] == also
    assert {text for name, text in texts.items() if name.startswith(ALSO)} == {also, ""}


@pytest.mark.parametrize(
    ("phase", "user", "logins", "bridge"),
    [
        (Phase.ACCEPT, "app", {"app", "app_next"}, "new-new-new"),
        (Phase.BRIDGE, "app_next", {"app_next"}, "new-new-new"),
        (Phase.READERS, "app", {"app", "app_next"}, "new-new-new"),
        (Phase.CLOSE, "app", {"app"}, NO_PASSWORD),
    ],
)
def test_the_apps_role_changes_its_password_while_nobody_logs_in_by_it(
    phase: Phase, user: str, logins: set[str], bridge: str
) -> None:
    texts = found("database/app", phase)
    assert texts["database/app-user"] == user
    assert {one for one in texts["database/logins"].split() if one.startswith("app")} == logins
    assert texts["database/app-next"] == bridge


def test_all_other_roles_have_a_password_in_every_phase() -> None:
    others = {"migrations", "monitoring", "pgbouncer", "replication"}
    for phase in Phase:
        assert others < set(found("database/app", phase)["database/logins"].split())


def test_the_end_is_as_the_beginning() -> None:
    for name in ("redis/app", "database/app", "database/pgbouncer"):
        last = Record(OLD, NEW, phases(name)[-1])
        assert values({name: last}) == values({})


def test_what_no_server_knows_has_no_phases() -> None:
    assert phases("app/session-key") == phases("edge/key") == ()


def test_every_name_that_is_worked_out_is_known_and_stands_in_some_text() -> None:
    stack = compose(spec(database={}, redis={"purpose": "cache"}), MACHINE)
    texts = [one for service in stack.services for one in service.credentials.values()]
    names = {name for one in texts if isinstance(one, SecretText) for name in one.names()}
    assert {name for name in names if derived(name)} == set(values({}))
