"""What the scheduler keeps in memory with the four jobs of an environment, after it ran each of
them, against a Python that does nothing.

The target is an absolute one. The jobs are `true`: what they themselves need is not the
scheduler's, and they are gone when they have ended.
"""

import json
import sys
import tempfile
from pathlib import Path

from bench.figures import PAIRS, Figure, main, tell
from bench.processes import beside, megabytes, until
from bench.scratch import PYTHON

MOST_MEGABYTES = 40.0
IDLE = [str(PYTHON), "-c", "import signal; signal.pause()"]
SECONDLY = "* * * * * *"
"""More often than any environment has it: what grows with each run shows."""
NAMES = ("backup", "point", "drill", "verify")


def measure() -> list[Figure]:
    """Have both run for a while, and look at them again and again."""
    tell("scheduler: four jobs, every second")
    with tempfile.TemporaryDirectory(prefix="uz-bench-") as folder:
        plan = _plan(Path(folder))
        command = [str(PYTHON), "-m", "uz.scheduling", str(plan)]
        with beside(command, "uz.scheduling") as scheduler, beside(IDLE, IDLE[-1]) as idle:
            samples = []
            for number in range(1, PAIRS + 1):
                _after(Path(folder), 4 * number)
                samples.append((megabytes(scheduler), megabytes(idle)))
                tell(f"  sample {number} of {PAIRS}, resident MiB: {samples[-1][0][0]:.1f}")
    return [
        Figure(f"scheduler, {what}", "MiB", "an idle Python",
               tuple((own[column], bare[column]) for own, bare in samples), "value", MOST_MEGABYTES)
        for column, what in enumerate(("resident", "proportional"))
    ]  # fmt: skip


def _plan(root: Path) -> Path:
    for name in ("config/scheduler", "data/scheduler", "run/scheduler", "logs"):
        (root / name).mkdir(parents=True)
    known = {"schedule": SECONDLY, "timeout": 60, "argv": ["true"], "after": []}
    jobs = [{"name": name, **known} for name in NAMES]
    path = root / "config/scheduler/jobs.json"
    path.write_text(json.dumps({"format": 1, "of": "bench/production", "jobs": jobs}))
    return path


def _after(root: Path, runs: int) -> None:
    """Wait until so many runs are recorded, of all jobs together."""
    path = root / "data/scheduler/journal.json"
    until(lambda: path.exists() and path.read_text().count('"done"') >= runs, f"{runs} runs")


if __name__ == "__main__":
    sys.exit(main(measure))
