import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.backups.restic_output import Snapshot, parse_snapshots, parse_summary, parse_unread
from uz.errors import BackupError

ONE = {
    "time": "2026-11-26T17:33:57.874123393Z",
    "tree": "14b84ea8",
    "paths": ["/var/lib/uz/shop"],
    "hostname": "uz",
    "tags": ["files"],
    "id": "44a4458439cc5071",
    "short_id": "44a44584",
}


def test_snapshots_come_oldest_first() -> None:
    earlier = ONE | {"time": "2026-11-25T10:00:00+02:00", "id": "aa", "tags": None}
    assert parse_snapshots(json.dumps([ONE, earlier])) == (
        Snapshot("aa", datetime(2026, 11, 25, 8, tzinfo=UTC), ("/var/lib/uz/shop",), ()),
        Snapshot(
            "44a4458439cc5071",
            datetime(2026, 11, 26, 17, 33, 57, 874123, UTC),
            ("/var/lib/uz/shop",),
            ("files",),
        ),
    )


@pytest.mark.parametrize(
    "text",
    ["", "null", "{}x", '[{"id": "aa"}]', "[1]", '["x"]',
     json.dumps([ONE | {"time": "yesterday"}]), json.dumps([ONE | {"id": 7}]),
     json.dumps([ONE | {"id": "../x"}]), json.dumps([ONE | {"paths": None}]),
     json.dumps([ONE | {"time": "2026-11-26T17:33:57"}])],
)  # fmt: skip
def test_what_is_no_list_of_snapshots_is_an_error(text: str) -> None:
    with pytest.raises(BackupError, match="restic's snapshots cannot be understood"):
        parse_snapshots(text)


def test_the_summary_names_the_snapshot() -> None:
    lines = [{"message_type": "status"}, {"message_type": "summary", "snapshot_id": "44a44584"}]
    assert parse_summary("\n".join(map(json.dumps, lines))) == "44a44584"


@pytest.mark.parametrize(
    "text",
    ["", "saved", "[]", '{"message_type": "status"}', '{"message_type": "summary"}',
     '{"message_type": "summary", "snapshot_id": ""}',
     '{"message_type": "summary", "snapshot_id": 4}',
     '{"message_type": "summary", "snapshot_id": "a"}\n' * 2],
)  # fmt: skip
def test_without_one_summary_there_is_no_snapshot(text: str) -> None:
    with pytest.raises(BackupError, match="restic's summary cannot be understood"):
        parse_summary(text)


def test_paths_that_were_not_read_are_listed_once() -> None:
    said = "\n".join([
        '{"message_type":"error","error":{},"during":"scan","item":"/srv/b"}',
        '{"message_type":"error","error":{"Op":"open","Err":13},"during":"archival","item":"/srv/a"}',
        '{"message_type":"error","error":{},"during":"archival","item":"/srv/b"}',
        "Warning: at least one source file could not be read",
    ])  # fmt: skip
    assert parse_unread(said) == ("/srv/a", "/srv/b")


JSON = st.recursive(
    st.none() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
).map(json.dumps)


@given(st.text() | JSON)
def test_nothing_that_is_printed_breaks_it_otherwise(text: str) -> None:
    parse_unread(text)
    with suppress(BackupError):
        parse_snapshots(text)
    with suppress(BackupError):
        parse_summary(text)
