import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from tests.scanning.conftest import VALUE

from uz.errors import ProgramError
from uz.scanning.engine import Readable, Searcher
from uz.scanning.finding import Finding, Gap, Kind, Spot
from uz.scanning.look import look
from uz.secret import Secret


@dataclass(frozen=True)
class Text:
    """A text as something to look at, or what opening it raises."""

    data: bytes | Exception
    name: str = "a text"
    kind: Kind = Kind.FILE
    things: int = 1

    @contextmanager
    def opened(self) -> Iterator[Readable]:
        """The text."""
        if isinstance(self.data, Exception):
            raise self.data
        yield io.BytesIO(self.data)

    def spot(self, offset: int) -> Spot:
        """The half it is in."""
        return Spot(self.kind, f"{self.name}, half {offset // 100}")

    def explained(self, found: Sequence[tuple[Spot, int]]) -> Sequence[Spot]:
        """With the offset as a line."""
        return [Spot(spot.kind, spot.name, offset) for spot, offset in found]


@pytest.fixture
def searcher() -> Searcher:
    """Knows one secret and an old one."""
    return Searcher({"key": Secret(VALUE)}, {"key": Secret(b"the-old-value")})


def test_a_find_is_told_once_for_each_place_with_how_often_and_where_first(
    searcher: Searcher,
) -> None:
    data = b"x" * 10 + VALUE + VALUE + b"x" * 100 + VALUE
    looked = look(searcher, [Text(data)])
    assert looked.findings == (
        Finding("key", "plain", Spot(Kind.FILE, "a text, half 0", 10), 2),
        Finding("key", "plain", Spot(Kind.FILE, "a text, half 1", 10 + 2 * len(VALUE) + 100)),
    )
    assert (looked.size, looked.things, looked.gaps) == (len(data), 1, ())


def test_an_old_value_is_told_as_one(searcher: Searcher) -> None:
    (found,) = look(searcher, [Text(b"the-old-value")]).findings
    assert found.closed


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (EOFError("ended early"), "ended early"),
        (ProgramError("git failed"), "git failed"),
        (OSError(5, f"{VALUE.decode()} is broken"), "*** is broken"),
    ],
)
def test_what_cannot_be_read_is_a_gap_and_the_rest_is_looked_at(
    searcher: Searcher, error: Exception, why: str
) -> None:
    looked = look(searcher, [Text(error), Text(VALUE)])
    assert looked.gaps == (Gap("a text", why),)
    assert len(looked.findings) == 1


@pytest.mark.parametrize("error", [FileNotFoundError(), ProcessLookupError()])
def test_what_is_gone_is_no_gap(searcher: Searcher, error: Exception) -> None:
    looked = look(searcher, [Text(error)])
    assert (looked.gaps, looked.things) == ((), 0)


def test_a_bug_is_not_hidden(searcher: Searcher) -> None:
    with pytest.raises(ZeroDivisionError):
        look(searcher, [Text(ZeroDivisionError())])


def test_gaps_are_passed_on_without_values(searcher: Searcher) -> None:
    gap = Gap(f"a/{VALUE.decode()}", "cannot be listed", minor=True)
    assert look(searcher, [gap]).gaps == (Gap("a/***", "cannot be listed", minor=True),)


def test_a_name_that_holds_a_value_is_a_find_and_is_not_shown(searcher: Searcher) -> None:
    looked = look(searcher, [Text(VALUE, name=f"logs/{VALUE.decode()}.txt")])
    assert {str(one.spot) for one in looked.findings} == {
        "the name of logs/***.txt",
        "logs/***.txt, half 0:0",
    }
    assert "n0-such" not in repr(looked)
