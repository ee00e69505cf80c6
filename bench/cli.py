"""How long `uz --help` takes, against an interpreter that does nothing."""

import sys
import time
from pathlib import Path

from bench.figures import Figure, in_turns, main, tell
from bench.scratch import PYTHON, UZ, surroundings

from uz.shell import run

PAIRS = 41
MOST_TIMES = 3.0


def measure() -> list[Figure]:
    """Start both in turns; compiled modules are stored by the first pair, as pip does."""
    tell("cli")
    pairs = in_turns(
        lambda: _milliseconds([UZ, "--help"]), lambda: _milliseconds([PYTHON, "-c", "pass"]), PAIRS
    )
    return [Figure("uz --help", "ms", "python -c pass", pairs, "ratio", MOST_TIMES)]


def _milliseconds(words: list[str | Path]) -> float:
    environment = surroundings()
    begun = time.perf_counter()
    done = run(words, timeout=30, environment=environment)
    took = time.perf_counter() - begun
    assert done.ok, done.tail()
    return took * 1000


if __name__ == "__main__":
    sys.exit(main(measure))
