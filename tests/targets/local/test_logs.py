from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from uz.targets.local.layout import Layout
from uz.targets.local.logs import TAIL_BYTES, Followed, last_lines, log_files, tail


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log"
    path.write_text("".join(f"line {number}\n" for number in range(5)))
    return path


@pytest.mark.parametrize(("count", "first"), [(2, "line 3"), (5, "line 0"), (99, "line 0")])
def test_the_tail_is_the_last_lines(log: Path, count: int, first: str) -> None:
    lines = tail(log, count)
    assert (lines[0], lines[-1]) == (first, "line 4")
    assert len(lines) == min(count, 5)


def test_no_lines_asked_for_are_none(log: Path) -> None:
    assert tail(log, 0) == ()


def test_bytes_that_are_no_text_are_shown_as_such(log: Path) -> None:
    log.write_bytes(b"good\n\xff\n")
    assert tail(log, 9) == ("good", "�")


def test_only_the_end_of_a_huge_log_is_read(log: Path) -> None:
    log.write_bytes(b"x" * (2 * TAIL_BYTES) + b"\nlast\n")
    assert tail(log, 1) == ("last",)
    assert sum(map(len, tail(log, 9))) <= TAIL_BYTES


def test_a_service_without_a_log_has_no_lines(layout: Layout) -> None:
    assert last_lines(layout, "edge", 5) == ()
    assert log_files(layout, "edge") == ()


def test_the_edge_also_has_its_access_log(layout: Layout) -> None:
    (layout.logs / "edge").mkdir(parents=True)
    for path in (layout.logs / "edge.log", layout.logs / "edge/access.log"):
        path.write_text("line\n")
    assert log_files(layout, "edge") == (layout.logs / "edge.log", layout.logs / "edge/access.log")
    assert last_lines(layout, "edge", 5) == ("line",)


@pytest.fixture
def followed(log: Path) -> Iterator[Followed]:
    with closing(Followed(log)) as one:
        yield one


def test_a_followed_log_begins_at_its_end_and_goes_on(log: Path, followed: Followed) -> None:
    assert list(followed.fresh()) == []
    with log.open("a") as file:
        file.write("fresh\n")
    assert list(followed.fresh()) == ["fresh"]


def test_a_followed_log_goes_on_after_its_rotation(log: Path, followed: Followed) -> None:
    with log.open("a") as file:
        file.write("before\n")
    log.rename(log.with_suffix(".1"))
    assert list(followed.fresh()) == ["before"]
    log.write_text("after\n")
    assert list(followed.fresh()) == ["after"]


def test_a_followed_log_that_was_cut_begins_again(log: Path, followed: Followed) -> None:
    log.write_text("new\n")
    assert list(followed.fresh()) == ["new"]
