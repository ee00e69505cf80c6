"""A search for values, bounded in time, that has to find a canary of its own to count."""

import base64
import io
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain

from uz.checklist.secrecy.readers import Allowed, nobody, permitted
from uz.scanning.engine import NONE, Readable, Searcher
from uz.scanning.finding import Finding, Gap, Kind, Spot
from uz.scanning.look import Source, look
from uz.secret import Secret, random_password

LONGEST = 300.0
"""Seconds for one search; what was not looked at by then was not looked at."""
CANARY = "the canary of this search"


@dataclass(frozen=True)
class Searched:
    """What was found, what was not looked at, and how much was."""

    findings: tuple[Finding, ...]
    allowed: tuple[Finding, ...]
    """In the environments of named readers."""
    closed: tuple[Finding, ...]
    """Of values that were rotated and are refused."""
    gaps: tuple[str, ...]
    things: int
    size: int
    values: int


def search(
    values: Mapping[str, Secret],
    things: Iterable[Source | Gap],
    allowed: Allowed = nobody,
    closed: Mapping[str, Secret] = NONE,
    seconds: float = LONGEST,
) -> Searched:
    """Look for every value in every thing, and for a canary in a thing of its own.

    `closed` are old values that open nothing any more: of them is only told.
    """
    canary = Secret(random_password())
    searcher = Searcher({**values, CANARY: canary}, closed)
    looked = look(searcher, chain(_in_time(things, seconds), [_Sample(canary)]))
    found = [one for one in looked.findings if one.secret != CANARY]
    read = permitted(found, values, allowed)
    gaps = [str(gap) for gap in looked.gaps if not gap.minor]
    gaps += [f"{name} is too short to be looked for" for name in searcher.too_short]
    if {one.form for one in looked.findings if one.secret == CANARY} != _Sample.forms:
        gaps.append("the search did not find what was put there for it to find")
    return Searched(
        findings=tuple(one for one in found if one not in read and not one.closed),
        allowed=read,
        closed=tuple(one for one in found if one.closed),
        gaps=tuple(gaps),
        things=looked.things,
        size=looked.size,
        values=len(values),
    )


@dataclass(frozen=True)
class _Sample:
    """A thing that holds the canary, as it is and in base64."""

    canary: Secret = field(repr=False)
    kind = Kind.FILE
    name = "a sample"
    things = 0
    forms = frozenset({"plain", "base64-2"})

    @contextmanager
    def opened(self) -> Iterator[Readable]:
        """A few lines."""
        value = self.canary.reveal()
        yield io.BytesIO(b"one\n" + value + b"\ntwo " + base64.b64encode(b":" + value) + b"\n")

    def spot(self, offset: int) -> Spot:  # noqa: ARG002
        """The sample."""
        return Spot(self.kind, self.name)

    def explained(self, found: Sequence[tuple[Spot, int]]) -> Sequence[Spot]:
        """As they are."""
        return [spot for spot, _ in found]


@dataclass(frozen=True)
class _InTime:
    """A thing that is read until the time is over, and is a gap then."""

    thing: Source
    end: float

    @property
    def kind(self) -> Kind:
        return self.thing.kind

    @property
    def name(self) -> str:
        return self.thing.name

    @property
    def things(self) -> int:
        return self.thing.things

    @contextmanager
    def opened(self) -> Iterator[Readable]:
        with self.thing.opened() as stream:
            yield _Timed(stream, self.end)

    def spot(self, offset: int) -> Spot:
        return self.thing.spot(offset)

    def explained(self, found: Sequence[tuple[Spot, int]]) -> Sequence[Spot]:
        return self.thing.explained(found)


@dataclass(frozen=True)
class _Timed:
    stream: Readable
    end: float

    def readinto(self, buffer: memoryview, /) -> int | None:
        if time.monotonic() > self.end:
            raise TimeoutError("the time was over before all of it was looked at")
        return self.stream.readinto(buffer)


def _in_time(things: Iterable[Source | Gap], seconds: float) -> Iterator[Source | Gap]:
    end = time.monotonic() + seconds
    for thing in things:
        if time.monotonic() > end:
            yield Gap("the rest", f"the {seconds:g} s for this search were over")
            return
        yield thing if isinstance(thing, Gap) else _InTime(thing, end)
