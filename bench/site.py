"""Another site for backups: a SeaweedFS that is no part of any environment, and a Scratch whose
backups go there."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.figures import tell
from bench.hand import postgresql
from bench.processes import until
from bench.scratch import PORTS, SHOP, Scratch, surroundings
from tests.backups.seaweed_server import BUCKET, Seaweed, seaweed

from uz import shell
from uz.errors import UzError

ACCESS_KEY = "adder-of-bench"
SCALE = os.environ.get("BENCH_PGBENCH_SCALE", "50")
"""Of pgbench's rows; 50 makes about 750 MB."""
NEVER = "0 0 29 2 *"
"""The schedule of all jobs: nothing else is at work while something is measured."""
FIRST_JOBS = 600.0
"""Seconds until the jobs that are due at the beginning have ended."""
TABLE = """
[environments.bench.backups]
offsite = "s3://{bucket}"
endpoint = "{endpoint}"
authority = "{authority}"
access_key = "ref+file://{keys}/access"
secret_key = "ref+file://{keys}/secret"
schedule = "{never}"
points = "{never}"
drill = "{never}"
reserve = "64MiB"
smoke = ["/products"]
"""


@dataclass(frozen=True)
class Site:
    """The server, and the folder with the machine's keys."""

    server: Seaweed
    keys: Path

    def table(self) -> str:
        """What `uz.toml` says of it."""
        return TABLE.format(
            bucket=BUCKET, endpoint=self.server.endpoint, authority=self.server.authority,
            keys=self.keys, never=NEVER,
        )  # fmt: skip

    def reader(self) -> dict[str, str]:
        """The variables by which `uz recover` opens it."""
        secret = self.server.keys["reader"].reveal().decode()
        return {"UZ_STORE_ACCESS_KEY": "reader", "UZ_STORE_SECRET_KEY": secret}


@contextmanager
def a_site() -> Iterator[Site]:
    """Start a store; in the end it is stopped and removed."""
    folder = Path(tempfile.mkdtemp(prefix="uz-bench-site-"))
    try:
        with seaweed(folder) as server:
            server.stop()
            path = folder / "s3.json"
            known = json.loads(path.read_text())
            (adder,) = [one for one in known["identities"] if one["name"] == "adder"]
            adder["credentials"].append({**adder["credentials"][0], "accessKey": ACCESS_KEY})
            path.write_text(json.dumps(known))
            server.start()
            keys = folder / "keys"
            keys.mkdir(mode=0o700)
            (keys / "access").write_text(ACCESS_KEY)
            (keys / "secret").write_text(server.keys["adder"].reveal().decode())
            yield Site(server, keys)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def shop_without_backups() -> Iterator[Path]:
    """A copy of the shop whose `uz.toml` has no `[backups]`: they begin when its data is there."""
    with tempfile.TemporaryDirectory(prefix="uz-bench-shop-") as folder:
        copy = Path(folder) / "shop"
        ignored = shutil.ignore_patterns(".venv", ".state", "__pycache__", ".*_cache")
        shutil.copytree(SHOP, copy, ignore=ignored)
        tables = (copy / "uz.toml").read_text().split("\n[")
        kept = [one for one in tables if not one.partition("]")[0].endswith("backups")]
        (copy / "uz.toml").write_text("\n[".join(kept))
        yield copy


def begin_backups(place: Scratch, site: Site) -> None:
    """Have a Scratch that is up send its backups to the site; wait until the first one is there,
    and until the jobs that are due at the beginning have ended."""
    with (place.project / "uz.toml").open("a") as file:
        file.write(site.table())
    who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    shell.checked(
        ["git", "-C", place.project, *who, "commit", "--quiet", "-am", "backups"], timeout=60
    )
    place.uz("up")
    begun = time.monotonic()
    until(lambda: first_jobs_ended(place), "the first jobs end", FIRST_JOBS)
    tell(f"  the first jobs took {time.monotonic() - begun:.0f} s")


def first_jobs_ended(place: Scratch) -> bool:
    """Whether each job has been run once."""
    home = {"UZ_HOME": str(place.folder / "home")}
    words = place.words("jobs", "--json")
    done = shell.run(words, timeout=60, environment=surroundings() | home)
    time.sleep(1)
    found = json.loads(done.stdout)["jobs"] if done.stdout else []
    return bool(found) and all(one["last"] and one["last"]["ended"] for one in found)


def pgbench(place: Scratch, *words: str) -> None:
    """Run pgbench on the app's database. Raises UzError."""
    where = ("-h", place.root / "run/database", "-p", str(PORTS.database(1)))
    program = postgresql() / "pgbench"
    done = shell.run([program, *words, *where, "-U", "postgres", "app"], timeout=600)
    if not done.ok:
        raise UzError(f"pgbench: {done.tail()}")
