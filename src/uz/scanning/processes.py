"""What processes were given: their arguments and environments, as the kernel shows them."""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from uz.scanning.engine import Readable
from uz.scanning.finding import Gap, Kind, Spot

PROC = Path("/proc")
SHOWN = 5
"""Processes that are named when they may not be read."""


@dataclass(frozen=True)
class Given:
    """The arguments or the environment of one process."""

    pid: int
    process: str
    kind: Kind
    data: bytes = field(repr=False)
    things: int = 1

    @property
    def name(self) -> str:
        """The process, by number and name."""
        return f"process {self.pid} ({self.process})"

    @contextmanager
    def opened(self) -> Iterator[Readable]:
        """What was read when the processes were listed."""
        yield io.BytesIO(self.data)

    def spot(self, offset: int) -> Spot:
        """Which argument, counted from the program's name, or which variable."""
        begins = self.data.rfind(b"\0", 0, offset) + 1
        if self.kind is Kind.ARGUMENT:
            number = self.data.count(b"\0", 0, begins)
            return Spot(self.kind, f"{self.name}, argument {number}", pid=self.pid)
        variable, equals, _ = self.data[begins:offset].partition(b"=")
        shown = os.fsdecode(variable) if equals else ""
        where = f"variable {shown}" if shown else "its environment"
        return Spot(self.kind, f"{self.name}, {where}", pid=self.pid, variable=shown)

    def explained(self, found: Sequence[tuple[Spot, int]]) -> Sequence[Spot]:
        """As they are."""
        return [spot for spot, _ in found]


def given(proc: Path = PROC) -> Iterator[Given | Gap]:
    """All that this user may read; what it may not is counted."""
    refused: dict[bool, list[int]] = {True: [], False: []}
    for pid in sorted(int(one.name) for one in proc.iterdir() if one.name.isdigit()):
        for kind, file in ((Kind.ARGUMENT, "cmdline"), (Kind.VARIABLE, "environ")):
            try:
                process = (proc / str(pid) / "comm").read_text(errors="surrogateescape").strip()
                yield Given(pid, process, kind, (proc / str(pid) / file).read_bytes())
            except (FileNotFoundError, ProcessLookupError):
                break  # it ended
            except OSError:
                refused[_strange(proc / str(pid))].append(pid)
    yield from _gaps(others=refused[True], own=refused[False])


def _strange(process: Path) -> bool:
    """Whether a process is another user's, of which an ordinary user may see nothing."""
    try:
        return os.geteuid() != 0 and process.stat().st_uid != os.geteuid()
    except OSError:
        return True


def _gaps(others: list[int], own: list[int]) -> Iterator[Gap]:
    if others:
        yield Gap("processes", f"{len(others)} of other users may not be read", minor=True)
    if own:
        shown = ", ".join(map(str, own[:SHOWN])) + (" …" if len(own) > SHOWN else "")
        yield Gap(
            "processes",
            f"{len(own)} may not be read, although this user should: {shown} (in a container, root"
            " needs CAP_SYS_PTRACE)",
        )
