"""Pairs of measurements, how they are judged, and the table they are shown in."""

import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal

from uz.errors import UzError

PAIRS = 9
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Figure:
    """One thing measured as often with Uz as with its baseline, in turns.

    `by` says what of each pair is judged: Uz's value alone, uz - baseline or uz / baseline. The
    median of that is held against `bound`; without a bound the figure is told, not judged.
    """

    name: str
    unit: str
    baseline: str
    pairs: tuple[tuple[float, float], ...]
    """(uz, baseline), in the order they were measured."""
    by: Literal["value", "difference", "ratio"]
    bound: float | None = None
    at_least: bool = False

    @property
    def judged(self) -> list[float]:
        """What is judged, for each pair."""
        if self.by == "value":
            return [uz for uz, _ in self.pairs]
        if self.by == "difference":
            return [uz - baseline for uz, baseline in self.pairs]
        return [uz / baseline for uz, baseline in self.pairs]

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.bound is None:
            return None
        found = median(self.judged)
        return found >= self.bound if self.at_least else found <= self.bound

    @property
    def target(self) -> str:
        """The target as people write it."""
        if self.bound is None:
            return ""
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"

    def as_json(self) -> dict[str, object]:
        """The figure with all its pairs."""
        columns = {"uz": [uz for uz, _ in self.pairs], "base": [base for _, base in self.pairs]}
        summaries = {
            name: dict(zip(("min", "median", "max"), summary(values), strict=True))
            for name, values in {**columns, "judged": self.judged}.items()
        }
        return {**asdict(self), **summaries, "met": self.met}


def in_turns(
    uz: Callable[[], float], baseline: Callable[[], float], count: int = PAIRS
) -> tuple[tuple[float, float], ...]:
    """Measure baseline, Uz, baseline, Uz …; the first pair only warms up and does not count."""
    pairs = []
    for number in range(count + 1):
        before = baseline()
        pairs.append((uz(), before))
        tell(f"  pair {number} of {count}: uz {pairs[-1][0]:.4g}, baseline {before:.4g}")
    return tuple(pairs[1:])


def summary(values: list[float]) -> tuple[float, float, float]:
    """The least, the median and the greatest."""
    return min(values), median(values), max(values)


def tell(text: str) -> None:
    """Say on standard error how far it is; results go to standard output."""
    print(text, file=sys.stderr, flush=True)


def print_table(figures: list[Figure]) -> None:
    """Print what was measured; every cell is min / median / max."""
    rows = [("FIGURE", "UZ", "BASELINE", "JUDGED", "", "TARGET", "")]
    for one in figures:
        uz, base = zip(*one.pairs, strict=True)
        met = {None: "", True: "met", False: "MISSED"}[one.met]
        rows.append(
            (f"{one.name} ({one.unit})", _cell(uz), f"{_cell(base)} {one.baseline}", one.by,
             _cell(one.judged), one.target, met)
        )  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    print("Each cell: min / median / max. The median is judged.")


def _cell(values: tuple[float, ...] | list[float]) -> str:
    return " / ".join(f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
                      for value in summary(list(values)))  # fmt: skip


def main(
    measure: Callable[[], list[Figure]],
    show: Callable[[list[Figure]], None] = print_table,
) -> int:
    """Measure and show. However it is ended from outside, everything is taken down first."""
    for number in ENDINGS:
        signal.signal(number, _end)
    try:
        figures = measure()
    except UzError as error:
        tell(f"bench: {error}" + (f"\nnext: {error.hint}" if error.hint else ""))
        return 2
    show(figures)
    return 1 if any(figure.met is False for figure in figures) else 0


def _end(number: int, _: object) -> None:
    """Leave through every `finally`, undisturbed by a second signal."""
    for one in ENDINGS:
        signal.signal(one, lambda *_: None)
    tell("bench: told to end, taking everything down")
    sys.exit(128 + number)
