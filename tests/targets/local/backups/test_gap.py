from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from uz.components.archive_scripts import GAP
from uz.targets.local.backups.gap import Gap, close_gap, gap_path, read_gap
from uz.targets.local.layout import Layout

FIRST, SECOND = "000000010000000000000005", "000000010000000000000006"


@pytest.fixture(autouse=True)
def _folder(prepared: Layout) -> None:
    gap_path(prepared).parent.mkdir(exist_ok=True)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_it_lies_where_the_archive_command_writes_it(prepared: Layout) -> None:
    assert gap_path(prepared) == prepared.root / GAP


def test_the_lines_say_since_when_until_when_and_how_many(prepared: Layout) -> None:
    assert read_gap(prepared) is None
    gap_path(prepared).write_text(f"{FIRST} 1000\n{SECOND} 1060\n")
    assert read_gap(prepared) == Gap(at(1000), at(1060), FIRST, 2)
    close_gap(prepared)
    close_gap(prepared)
    assert read_gap(prepared) is None


def test_a_line_that_was_cut_off_still_counts(prepared: Layout) -> None:
    gap_path(prepared).write_text(f"{FIRST} 1000\n{SECOND}")
    found = read_gap(prepared)
    assert found is not None
    assert (found.since, found.dropped) == (at(1000), 2)


def test_an_empty_file_is_a_gap_of_nothing(prepared: Layout) -> None:
    gap_path(prepared).write_text("")
    found = read_gap(prepared)
    assert found is not None
    assert found.dropped == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_whatever_is_written_there_is_read_without_an_error(
    prepared: Layout, content: bytes
) -> None:
    gap_path(prepared).write_bytes(content)
    assert read_gap(prepared) is not None
