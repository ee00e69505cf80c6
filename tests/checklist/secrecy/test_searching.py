from collections.abc import Iterator
from pathlib import Path

import pytest

from uz.checklist.secrecy.searching import search
from uz.scanning.engine import Searcher
from uz.scanning.files import File
from uz.scanning.finding import Finding, Gap, Kind, Spot
from uz.scanning.look import Source
from uz.scanning.processes import Given
from uz.secret import Secret

VALUES = {"redis/app": Secret(b"a-value-that-nobody-may-know")}
WITH = b"x=a-value-that-nobody-may-know\n"


def a_file(folder: Path, content: bytes) -> File:
    path = folder / "file"
    path.write_bytes(content)
    return File(path, "file")


def test_a_value_is_found_and_named(tmp_path: Path) -> None:
    done = search(VALUES, [a_file(tmp_path, WITH)])
    (one,) = done.findings
    assert (one.secret, str(one.spot)) == ("redis/app", "file:1")
    assert (done.things, done.values, done.gaps) == (1, 1, ())
    assert done.size > len(WITH)


def test_where_nothing_is_nothing_is_found_and_the_canary_counts_for_nothing(
    tmp_path: Path,
) -> None:
    done = search(VALUES, [a_file(tmp_path, b"nothing")])
    assert (done.findings, done.gaps, done.things) == ((), (), 1)


def test_a_search_that_does_not_find_its_canary_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Searcher, "search", lambda *_: 7)
    done = search(VALUES, [a_file(tmp_path, WITH)])
    assert done.gaps == ("the search did not find what was put there for it to find",)


def test_variables_of_named_readers_are_kept_apart() -> None:
    given = Given(7, "app", Kind.VARIABLE, b"PATH=/bin\0" + WITH)
    asked: list[tuple[int, str, str]] = []

    def allowed(pid: int, variable: str, secret: str) -> bool:
        asked.append((pid, variable, secret))
        return True

    done = search(VALUES, [given], allowed)
    assert (done.findings, len(done.allowed)) == ((), 1)
    assert asked == [(7, "x", "redis/app")]


def test_arguments_are_never_allowed() -> None:
    given = Given(7, "app", Kind.ARGUMENT, b"app\0" + WITH)
    done = search(VALUES, [given], lambda *_: True)
    assert (len(done.findings), done.allowed) == (1, ())


def test_old_values_that_are_refused_are_told_apart(tmp_path: Path) -> None:
    done = search({"other": Secret(b"another-value")}, [a_file(tmp_path, WITH)], closed=VALUES)
    assert (done.findings, [one.secret for one in done.closed]) == ((), ["redis/app"])


def test_gaps_are_told_but_for_minor_ones() -> None:
    done = search(VALUES, [Gap("a", "closed"), Gap("b", "as always", minor=True)])
    assert done.gaps == ("a: closed",)


def test_a_secret_that_is_too_short_is_told() -> None:
    assert search({"pin": Secret(b"1234")}, []).gaps == ("pin is too short to be looked for",)


def test_when_the_time_is_over_the_rest_is_a_gap(tmp_path: Path) -> None:
    done = search(VALUES, [a_file(tmp_path, WITH)], seconds=-1.0)
    assert done.findings == ()
    assert done.gaps == ("the rest: the -1 s for this search were over",)


def test_one_thing_is_not_read_for_longer_than_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 1.0, 99.0, 99.0, 99.0])

    def things() -> Iterator[Source]:
        yield a_file(tmp_path, WITH)

    monkeypatch.setattr("uz.checklist.secrecy.searching.time.monotonic", lambda: next(clock))
    done = search(VALUES, things(), seconds=10.0)
    assert done.findings == ()
    assert done.gaps == ("file: the time was over before all of it was looked at",)


def test_what_was_found_shows_no_value(tmp_path: Path) -> None:
    done = search(VALUES, [a_file(tmp_path, WITH)])
    assert "nobody-may-know" not in repr(done)
    assert done.findings == (Finding("redis/app", "plain", Spot(Kind.FILE, "file", 1)),)
