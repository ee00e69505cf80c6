"""What Uz itself keeps in memory while the shop runs: supervisord, the waiting `uz up
--foreground`, and the loop that rotates the access log.

The target is an absolute one. To tell what Python alone costs, two interpreters that do nothing
are measured beside them. `uz status` is called between the samples: what grows shows.
"""

import sys

from bench.figures import PAIRS, Figure, main, tell
from bench.processes import beside, command_of, megabytes, read_pid, tree
from bench.scratch import DATABASE, PYTHON, SHOP, scratch

MOST_MEGABYTES = 60.0
WAITER = "uz.targets.local.foreground"
IDLE = [str(PYTHON), "-c", "import signal; signal.pause()"]


def measure() -> list[Figure]:
    """Bring the shop up in the foreground and look at the processes that stay."""
    tell("memory: building the shop")
    with scratch(SHOP, "shop", DATABASE) as place:
        place.uz("up")
        home = f"UZ_HOME={place.folder / 'home'}"
        foreground = ["env", home, *place.words("up", "--foreground")]
        with (
            beside(foreground, WAITER) as waiter,
            beside(IDLE, IDLE[-1]) as first,
            beside(IDLE, IDLE[-1]) as second,
        ):
            supervisor = read_pid(place.root / "run" / "supervisord.pid")
            samples = []
            for number in range(1, PAIRS + 1):
                place.uz("status")
                rotation = _rotation(supervisor)
                samples.append((_total([supervisor, waiter, *rotation]), _total([first, second])))
                own = {"supervisord": [supervisor], "waiter": [waiter], "rotation": rotation}
                parts = (f"{name} {_total(pids)[0]:.1f}" for name, pids in own.items())
                tell(f"  sample {number} of {PAIRS}, resident MiB: {', '.join(parts)}")
    return [
        Figure(f"own memory, {what}", "MiB", "2 idle Pythons",
               tuple((uz[column], idle[column]) for uz, idle in samples), "value", MOST_MEGABYTES)
        for column, what in enumerate(("resident", "proportional"))
    ]  # fmt: skip


def _rotation(supervisor: int) -> list[int]:
    loops = [pid for pid in tree(supervisor) if "log-rotation/loop" in command_of(pid)]
    return [pid for loop in loops for pid in tree(loop)]


def _total(pids: list[int]) -> tuple[float, float]:
    found = [megabytes(pid) for pid in pids]
    return sum(resident for resident, _ in found), sum(shared for _, shared in found)


if __name__ == "__main__":
    sys.exit(main(measure))
