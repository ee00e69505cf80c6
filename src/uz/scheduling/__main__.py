"""`python -m uz.scheduling FILE`: run the jobs in this file, in the environment's folder."""

import logging
import os
import sys
from pathlib import Path

from uz.errors import UzError
from uz.scheduling.clock import SystemClock
from uz.scheduling.job import read_plan
from uz.scheduling.places import Places
from uz.scheduling.scheduler import Scheduler, listen

log = logging.getLogger("uz.scheduling")


def main(words: list[str]) -> int:
    """Serve until SIGTERM; exit code 2 where the file cannot be read, or another one runs."""
    os.umask(0o077)
    logging.basicConfig(
        stream=sys.stdout,
        level=logging.INFO,
        format="%(asctime)s %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
    )
    try:
        _serve(Path(words[0]).resolve())
    except UzError as error:
        log.error("%s (%s)", error, error.hint)
        return error.exit_code
    return 0


def _serve(path: Path) -> None:
    places = Places(path.parent.parent.parent)
    plan = read_plan(path, places.root)
    scheduler = Scheduler(plan, places, SystemClock(), dict(os.environ))
    listen(scheduler)
    log.info("%d jobs of %s", len(plan.jobs), plan.of)
    scheduler.serve()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
