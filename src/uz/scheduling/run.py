"""One run of a job, and how it ended."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a run ended."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LATE = "timed out"
    INTERRUPTED = "interrupted"
    """It was cut off: by a stop of the scheduler, its death, or that of the machine."""


@dataclass(frozen=True)
class Run:
    """One run. Times are of the wall clock, in UTC; `seconds` is not, and is right across jumps.

    `group` is the process group while it runs, with what tells it from a later one of the same
    number. `lines` is the last that it printed. `by`: who wanted it, where that was a person.
    `again`: it repeats one that was interrupted, or that failed.
    """

    job: str
    started: datetime
    outcome: Outcome = Outcome.RUNNING
    ended: datetime | None = None
    seconds: float = 0.0
    code: int | None = None
    lines: tuple[str, ...] = ()
    group: str = ""
    by: str = ""
    again: bool = False

    @property
    def ok(self) -> bool:
        """Whether it did what it should."""
        return self.outcome is Outcome.DONE

    @property
    def bad(self) -> bool:
        """Whether a person should know: it neither succeeded nor runs."""
        return self.outcome not in {Outcome.DONE, Outcome.RUNNING}

    @property
    def said(self) -> str:
        """The last line that is no hint: what went wrong stands before what to do."""
        told = [line for line in self.lines if not line.startswith("next: ")] or self.lines
        return told[-1] if told else ""

    def form(self) -> dict[str, Any]:
        """As it is written into JSON."""
        ended = self.ended.isoformat() if self.ended else None
        return {**asdict(self), "started": self.started.isoformat(), "ended": ended}


def parsed(form: Any) -> Run:
    """The run in what was read from JSON. Raises ValueError."""
    try:
        code = form["code"]
        return Run(
            job=str(form["job"]),
            started=_time(form["started"]),
            outcome=Outcome(form["outcome"]),
            ended=None if form["ended"] is None else _time(form["ended"]),
            seconds=float(form["seconds"]),
            code=None if code is None else int(code),
            lines=tuple(map(str, form["lines"])),
            group=str(form["group"]),
            by=str(form["by"]),
            again=bool(form["again"]),
        )
    except (TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ValueError(f"no run: {type(error).__name__} {error}") from error


def _time(text: str) -> datetime:
    """A time with its zone, in UTC. Raises ValueError."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return found.astimezone(UTC)
