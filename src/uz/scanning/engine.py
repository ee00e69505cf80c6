"""Finds any of many values in a stream of bytes, in one pass and with bounded memory.

The automaton knows the first bytes of each form only, and what follows is compared: so it stays
small however long a value is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from ahocorasick_rs import BytesAhoCorasick, Implementation

from uz.scanning.forms import forms
from uz.secret import Secret

CHUNK = 2**20
"""Bytes read at once: measured, more is not faster, and less is slower."""
FRAGMENT = 16
"""Bytes of a form that the automaton knows."""
LONGEST = 2**16
"""Bytes of a value that are looked for: who has these has it."""
MASK = b"***"
NONE: Mapping[str, Secret] = MappingProxyType({})


class Readable(Protocol):
    """What can be read piece by piece."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the beginning of a buffer; 0 at the end."""
        ...


@dataclass(frozen=True)
class Needle:
    """One form of one secret."""

    secret: str
    form: str
    closed: bool
    data: bytes = field(repr=False)


Found = Callable[[Needle, int], None]
"""Told what was found, and at which byte."""


class Searcher:
    """Knows the values for as long as it lives. Not for two threads at once."""

    def __init__(self, secrets: Mapping[str, Secret], closed: Mapping[str, Secret] = NONE) -> None:
        """Make the forms of each value. `closed`: old values that are refused by now."""
        self._needles: dict[bytes, list[Needle]] = {}
        self.too_short: tuple[str, ...] = ()
        """Names of secrets too short to be looked for."""
        self.values = len(secrets) + len(closed)
        for is_closed, known in ((False, secrets), (True, closed)):
            for name, secret in known.items():
                self._add(name, secret, closed=is_closed)
        self._candidates = list(self._needles.values())
        self._automaton = BytesAhoCorasick(list(self._needles), implementation=Implementation.DFA)
        lengths = [len(one.data) for some in self._candidates for one in some]
        self._overlap = max(lengths, default=1) - 1
        self._buffer = bytearray(self._overlap + CHUNK)

    def _add(self, name: str, secret: Secret, *, closed: bool) -> None:
        made = forms(_beginning(secret.reveal()))
        if not made:
            self.too_short = (*self.too_short, name)
        for form, data in made.items():
            needle = Needle(name, form, closed, data)
            self._needles.setdefault(data[:FRAGMENT], []).append(needle)

    def search(self, stream: Readable, found: Found) -> int:
        """Read a stream to its end, tell what is found, and return how many bytes it had."""
        view = memoryview(self._buffer)
        begun = kept = 0
        """Where in the stream the buffer begins; how much of it was looked at before."""
        while got := _fill(stream, view[kept : kept + CHUNK]):
            filled = kept + got
            self._look_at(filled, kept, begun, found)
            kept = min(filled, self._overlap)
            self._buffer[:kept] = self._buffer[filled - kept : filled]
            begun += filled - kept
        return begun + kept

    def _look_at(self, filled: int, kept: int, begun: int, found: Found) -> None:
        """Look at the buffer: what ends in its new part, and was not there to its end before."""
        part = memoryview(self._buffer)[:filled]
        for index, start, _ in self._automaton.find_matches_as_indexes(part, overlapping=True):
            for needle in self._candidates[index]:
                end = start + len(needle.data)
                if kept < end <= filled and self._buffer.startswith(needle.data, start):
                    found(needle, begun + start)

    def within(self, data: bytes) -> list[tuple[Needle, int]]:
        """What is in a short text, and where."""
        return [
            (needle, start)
            for index, start, _ in self._automaton.find_matches_as_indexes(data, overlapping=True)
            for needle in self._candidates[index]
            if data.startswith(needle.data, start)
        ]

    def masked(self, text: str) -> str:
        """A text for people, such as a file's name, without the values that it holds."""
        data = text.encode(errors="surrogateescape")
        spans = sorted((start, start + len(one.data)) for one, start in self.within(data))
        made, done = b"", 0
        for start, end in spans:
            if start >= done:
                made += data[done:start] + MASK
            done = max(done, end)
        return (made + data[done:]).decode(errors="backslashreplace")


def _beginning(value: bytes) -> bytes:
    """As much of a value as is looked for, cut between two characters."""
    end = LONGEST
    while LONGEST - 3 < end < len(value) and value[end] & 0xC0 == 0x80:
        end -= 1
    return value[:end]


def _fill(stream: Readable, view: memoryview) -> int:
    """Read until the view is full or the stream ends."""
    got = 0
    while got < len(view) and (more := stream.readinto(view[got:])):
        got += more
    return got
