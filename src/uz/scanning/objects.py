"""All objects of a git repository as one stream: also those that nothing leads to any more."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from uz.errors import ProgramError
from uz.scanning.engine import Readable
from uz.scanning.finding import Kind, Spot
from uz.scanning.git import Git
from uz.scanning.history import files_of

BATCH = ("cat-file", "--batch-all-objects", "--unordered", "--batch")
HEADER = re.compile(rb"([0-9a-f]{40,64}) (\w+) (\d+)\n")
LONGEST_HEADER = 128
SHOWN = 12
"""Characters of an object's id that are shown."""


class ObjectStream:
    """What `git cat-file --batch` prints, and which object each byte of it belongs to."""

    def __init__(self, stream: Readable) -> None:
        """Begin before the first object."""
        self.stream = stream
        self.count = 0
        self._position = 0
        self._next = 0
        """Where the next header begins."""
        self._begun = b""
        """A header of which only this much was read."""
        self._starts: list[int] = []
        self._objects: list[tuple[str, str]] = []

    def readinto(self, buffer: memoryview, /) -> int:
        """Read on, and take note of the objects that begin. Raises ProgramError."""
        got = self.stream.readinto(buffer) or 0
        if got:
            self._forget()
            self._follow(buffer[:got])
        elif self._begun or self._next > self._position:
            raise ProgramError("git cat-file ended in the middle of an object")
        return got

    def at(self, offset: int) -> tuple[str, str]:
        """Type and id of the object at a byte that was just read."""
        known = bisect_right(self._starts, offset)
        return self._objects[known - 1] if known else ("the", "first object")

    def _follow(self, part: memoryview) -> None:
        end = self._position + len(part)
        while self._next < end:
            begins = self._next - self._position
            header = self._begun + bytes(part[begins : begins + LONGEST_HEADER])
            found = HEADER.match(header)
            if found is None:
                if b"\n" in header or len(header) >= LONGEST_HEADER:
                    raise ProgramError("git cat-file printed something that is no object")
                self._begun, self._next = header, end
                break
            self._starts.append(self._next - len(self._begun))
            self._objects.append((found[2].decode(), found[1].decode()))
            self._next += found.end() - len(self._begun) + int(found[3]) + 1
            self._begun = b""
            self.count += 1
        self._position = end

    def _forget(self) -> None:
        """Let go of what no search asks for any more, that is all but the last megabytes."""
        old = bisect_right(self._starts, self._position - 2**23) - 1
        if old > 0:
            del self._starts[:old], self._objects[:old]


class Objects:
    """A repository's objects as something to look at."""

    kind = Kind.HISTORY

    def __init__(self, git: Git) -> None:
        """Nothing is read yet."""
        self.git = git
        self.name = f"{git.name}: objects"
        self._stream: ObjectStream | None = None

    @property
    def things(self) -> int:
        """How many objects there are."""
        return self._stream.count if self._stream else 0

    @contextmanager
    def opened(self) -> Iterator[Readable]:
        """Have git print them. Raises ProgramError where it fails, also in the middle."""
        with self.git.streamed(*BATCH) as out:
            self._stream = ObjectStream(out)
            yield self._stream

    def spot(self, offset: int) -> Spot:
        """The object."""
        assert self._stream is not None
        kind, name = self._stream.at(offset)
        return Spot(Kind.HISTORY, f"{self.git.name}: {kind} {name[:SHOWN]}", object=name)

    def explained(self, found: Sequence[tuple[Spot, int]]) -> Sequence[Spot]:
        """With a file and a commit of each, where git finds them in time."""
        files = files_of(self.git, [spot.object for spot, _ in found])
        return [_named(spot, *files.get(spot.object, ("", ""))) for spot, _ in found]


def _named(spot: Spot, path: str, commit: str) -> Spot:
    if not commit:
        return spot
    return replace(spot, name=f"{spot.name}, {path} in {commit[:SHOWN]}", commit=commit)
