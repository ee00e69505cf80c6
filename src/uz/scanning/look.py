"""One search: through things that can be read, to findings, gaps, and how much was looked at."""

import time
import zlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from uz.errors import UzError
from uz.scanning.engine import Needle, Readable, Searcher
from uz.scanning.finding import Finding, Gap, Kind, Looked, Spot


class Source(Protocol):
    """Something to look at: a file, a repository's objects, what a process was given."""

    @property
    def kind(self) -> Kind:
        """The kind of place it is."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def things(self) -> int:
        """How many things it turned out to be, once it was read."""
        ...

    def opened(self) -> AbstractContextManager[Readable]:
        """Open it; reading it may raise OSError and UzError as well."""
        ...

    def spot(self, offset: int) -> Spot:
        """The place of a byte that was just read."""
        ...

    def explained(self, found: Sequence[tuple[Spot, int]]) -> Sequence[Spot]:
        """The same places, with what is known only by looking again."""
        ...


def look(searcher: Searcher, things: Iterable[Source | Gap]) -> Looked:
    """Look at everything. What cannot be read becomes a gap; what is gone by now is none."""
    began = time.perf_counter()
    looked = Looked()
    for thing in things:
        if isinstance(thing, Gap):
            gap = replace(thing, what=searcher.masked(thing.what), why=searcher.masked(thing.why))
            looked += Looked(gaps=(gap,))
        else:
            looked += _One(searcher, thing).looked()
    return replace(looked, seconds=time.perf_counter() - began)


class _One:
    """A look at one source."""

    def __init__(self, searcher: Searcher, source: Source) -> None:
        self.searcher = searcher
        self.source = source
        self.first: dict[tuple[Needle, Spot], int] = {}
        """At which byte each was seen first."""
        self.times: dict[tuple[Needle, Spot], int] = {}

    def looked(self) -> Looked:
        size, things = 0, 0
        gaps: tuple[Gap, ...] = ()
        try:
            with self.source.opened() as stream:
                size = self.searcher.search(stream, self._note)
            things = self.source.things
        except (FileNotFoundError, ProcessLookupError):
            pass
        except (OSError, EOFError, zlib.error, UzError) as error:
            why = getattr(error, "strerror", None) or str(error)
            masked = self.searcher.masked
            gaps = (Gap(masked(self.source.name), masked(why)),)
        return Looked((*self._named(), *self._findings()), gaps, things, size)

    def _note(self, needle: Needle, offset: int) -> None:
        key = (needle, self.source.spot(offset))
        self.first.setdefault(key, offset)
        self.times[key] = self.times.get(key, 0) + 1

    def _findings(self) -> list[Finding]:
        if not self.first:
            return []
        keys = list(self.first)
        spots = self.source.explained([(spot, self.first[needle, spot]) for needle, spot in keys])
        return [
            Finding(needle.secret, needle.form, self._masked(spot), self.times[key], needle.closed)
            for key, spot in zip(keys, spots, strict=True)
            for needle in (key[0],)
        ]

    def _named(self) -> list[Finding]:
        """What the thing's own name holds."""
        found = self.searcher.within(self.source.name.encode(errors="surrogateescape"))
        if not found:
            return []
        spot = self._masked(Spot(self.source.kind, f"the name of {self.source.name}"))
        return [Finding(one.secret, one.form, spot, closed=one.closed) for one, _ in found]

    def _masked(self, spot: Spot) -> Spot:
        masked = self.searcher.masked
        return replace(spot, name=masked(spot.name), variable=masked(spot.variable))
