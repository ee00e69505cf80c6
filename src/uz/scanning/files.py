"""Files as places to look at: as they lie there, and unpacked."""

import gzip
import io
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from uz.scanning.engine import Readable
from uz.scanning.finding import Gap, Kind, Spot

GZIP = b"\x1f\x8b"
PACKED = (".gz", ".tgz")
MOST_UNPACKED = 2**34
"""Bytes: what unpacks to more was made to be a nuisance."""
BLOCK = 2**20

LeftOut = Callable[[str, frozenset[str]], bool]
"""Told an entry's name and those beside it; says whether it is left out."""


@dataclass(frozen=True)
class File:
    """A regular file; what has taken its place meanwhile is not waited for."""

    path: Path
    name: str
    kind: Kind = Kind.FILE
    things: int = 1

    @contextmanager
    def opened(self) -> Iterator[Readable]:
        """Open the file itself, never what a link leads to."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(self.path, flags), "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileNotFoundError(self.path)
            yield file

    def spot(self, offset: int) -> Spot:  # noqa: ARG002
        """The file; the line is told later."""
        return Spot(self.kind, self.name)

    def explained(self, found: Sequence[tuple[Spot, int]]) -> Sequence[Spot]:
        """With the line of each first byte, as far as the file still has it."""
        lines = self._lines(sorted({offset for _, offset in found}))
        return [Spot(spot.kind, spot.name, lines.get(offset)) for spot, offset in found]

    def _lines(self, offsets: list[int]) -> dict[int, int]:
        """Read again up to the last byte, and count."""
        found: dict[int, int] = {}
        buffer = bytearray(BLOCK)
        begun, line = 0, 1
        try:
            with self.opened() as stream:
                while len(found) < len(offsets) and (got := stream.readinto(memoryview(buffer))):
                    for offset in offsets[len(found) :]:
                        if offset < begun + got:
                            found[offset] = line + buffer.count(b"\n", 0, offset - begun)
                    line += buffer.count(b"\n", 0, got)
                    begun += got
        except (OSError, EOFError):
            pass
        return found


@dataclass(frozen=True)
class Unpacked(File):
    """What a file compressed by gzip holds; nothing where it only has such a name."""

    things: int = 0  # it is counted as the file already

    @contextmanager
    def opened(self) -> Iterator[Readable]:
        """Unpack while reading."""
        with super().opened() as file:
            assert isinstance(file, io.FileIO)
            packed = os.pread(file.fileno(), len(GZIP), 0) == GZIP
            yield _Bounded(gzip.GzipFile(fileobj=file)) if packed else io.BytesIO()


class _Bounded:
    def __init__(self, file: gzip.GzipFile) -> None:
        self.file = file
        self.left = MOST_UNPACKED

    def readinto(self, buffer: memoryview, /) -> int:
        got = self.file.readinto(buffer)
        self.left -= got
        if self.left < 0:
            raise OSError(f"unpacks to more than {MOST_UNPACKED} bytes: not all was looked at")
        return got


@dataclass(frozen=True)
class Link:
    """Where a symbolic link leads to, as text; the link is not followed."""

    path: Path
    name: str
    kind: Kind = Kind.FILE
    things: int = 1

    @contextmanager
    def opened(self) -> Iterator[Readable]:
        """The text of the link."""
        yield io.BytesIO(os.fsencode(self.path.readlink()))

    def spot(self, offset: int) -> Spot:  # noqa: ARG002
        """The link."""
        return Spot(self.kind, self.name)

    def explained(self, found: Sequence[tuple[Spot, int]]) -> Sequence[Spot]:
        """As they are."""
        return [spot for spot, _ in found]


def walk(
    top: Path, shown: str, left_out: LeftOut = lambda _name, _beside: False
) -> Iterator[File | Link | Gap]:
    """Every file below a folder, in order; `shown` is what the folder is called."""
    folders = [(top, shown)]
    while folders:
        path, name = folders.pop()
        try:
            with os.scandir(path) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Gap(name or ".", f"cannot be listed: {error.strerror}")
            continue
        beside = frozenset(entry.name for entry in entries)
        for entry in entries:
            own = f"{name}/{entry.name}" if name else entry.name
            if left_out(entry.name, beside):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append((Path(entry.path), own))
            else:
                yield from _file(entry, own)


def _file(entry: os.DirEntry[str], name: str) -> Iterator[File | Link]:
    """The sources that an entry is; sockets, pipes and devices are none."""
    path = Path(entry.path)
    if entry.is_symlink():
        yield Link(path, name)
    elif entry.is_file(follow_symlinks=False):
        yield File(path, name)
        if entry.name.endswith(PACKED):
            yield Unpacked(path, f"{name} (unpacked)")
