"""All benchmarks, one table, one file of results. Started by bench/run."""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import (
    cli,
    database,
    drill,
    edge,
    first,
    memory,
    recover,
    rpo,
    scheduler,
    secrets_scan,
    secrets_up,
    switchover,
    up,
)
from bench.figures import Figure, main, print_table
from bench.hand import postgresql

import uz
from uz.errors import UzError
from uz.shell import checked

BENCHMARKS = {
    "up": up.measure,
    "first": first.measure,
    "edge": edge.measure,
    "database": database.measure,
    "switchover": switchover.measure,
    "memory": memory.measure,
    "scheduler": scheduler.measure,
    "drill": drill.measure,
    "recover": recover.measure,
    "rpo": rpo.measure,
    "cli": cli.measure,
    "secrets_up": secrets_up.measure,
    "secrets_scan": secrets_scan.measure,
}
RESULTS = Path(__file__).with_name("results.json")


def machine() -> dict[str, object]:
    """What the figures hold for."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "uz": uz.__version__,
        "commit": checked(["git", "rev-parse", "--short", "HEAD"], timeout=10).strip(),
        "python": platform.python_version(),
        "nginx": checked(["sh", "-c", "nginx -v 2>&1"], timeout=10).strip().rpartition("/")[2],
        "postgresql": _version(str(postgresql() / "postgres")),
        "pgbouncer": _version("pgbouncer"),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _version(program: str) -> str:
    return checked([program, "--version"], timeout=10).splitlines()[0]


def measure_all() -> list[Figure]:
    """Run the benchmarks that were named, or all."""
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        raise UzError(f"no benchmark {unknown[0]!r} (there are {', '.join(BENCHMARKS)})")
    head = machine()
    found: list[Figure] = []
    for name in names:
        found += BENCHMARKS[name]()
    figures = [figure.as_json() for figure in found]
    RESULTS.write_text(json.dumps({"format": 1, **head, "figures": figures}, indent=1) + "\n")
    return found


if __name__ == "__main__":
    sys.exit(main(measure_all, print_table))
