"""Orders as load: over HTTP by wrk, and the same statements by pgbench."""

import json
import os
import re
from collections.abc import Sequence
from http.client import HTTPConnection
from math import ceil
from pathlib import Path
from urllib.parse import urlsplit

from bench.hand import as_owner, postgresql
from bench.processes import until
from bench.scratch import INSTANCES, SERVERS, Scratch
from bench.visit import Load, parse

from uz import shell
from uz.errors import UzError
from uz.stack import Owner

HERE = Path(__file__).parent / "order"
ACCOUNTS = 50
PRIMARY = SERVERS[1]


def prepare(place: Scratch) -> Path:
    """Fill the shop with products and accounts; return a file with the accounts' keys."""
    ask(place, (HERE / "rows.sql").read_text(), database="app")
    keys = [post(INSTANCES[0], "/accounts", {"name": "Bench"})["api_key"] for _ in range(ACCOUNTS)]
    path = place.folder / "keys"
    path.write_text("".join(f"{key}\n" for key in keys))
    return path


def post(port: int, path: str, form: object) -> dict[str, str]:
    """Send JSON to an instance. Raises UzError unless it is taken."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, json.dumps(form), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    if answer.status != 201:
        raise UzError(f"POST {path} answers {answer.status}: {text[:200]!r}")
    found: dict[str, str] = json.loads(text)
    return found


def ask(place: Scratch, sql: str, *, database: str = "postgres") -> str:
    """Have the primary run SQL, as the superuser on the servers' private socket."""
    words = [*as_owner(Owner.SERVERS), str(postgresql() / "psql"), "-XAtqw",
             "-v", "ON_ERROR_STOP=1", "-h", str(place.root / "run" / "database"),
             "-p", str(PRIMARY), "-U", "postgres", "-d", database]  # fmt: skip
    done = shell.run(words, timeout=60, stdin=sql)
    if not done.ok:
        raise UzError(f"psql ended with {done.code}:\n{done.tail()}")
    return done.stdout.rstrip()


def over_http(ports: Sequence[int], keys: Path, clients: int, seconds: int) -> Load:
    """Have wrk place orders, straight at the instances."""
    told = {"PORTS": " ".join(map(str, ports)), "KEYS": str(keys)}
    address = f"http://127.0.0.1:{ports[0]}"
    words = ["wrk", f"-t{len(ports)}", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s",
             "--latency", "-s", str(HERE / "order.lua"), address]  # fmt: skip
    done = shell.run(words, timeout=seconds + 60, environment={**os.environ, **told})
    if not done.ok:
        raise UzError(f"wrk ended with {done.code}:\n{done.tail()}")
    found = parse(done.stdout)
    if not found.requests:
        raise _none(seconds)
    return found


def over_sql(url: str, way: str, folder: Path, clients: int, seconds: int) -> Load:
    """Have pgbench place orders. `way`: its `--protocol`; each transaction is logged in `folder`.

    A client that meets an error ends, and pgbench with it: that is an UzError.
    """
    for old in folder.glob("pgbench.*"):
        old.unlink()
    one = urlsplit(url)
    words = [str(postgresql() / "pgbench"), "--no-vacuum", "--file", str(HERE / "order.sql"),
             "--protocol", way, "--client", str(clients), "--jobs", "2", "--time", str(seconds),
             "--log", "--log-prefix", str(folder / "pgbench"),
             "--host", str(one.hostname), "--port", str(one.port), "--username", str(one.username),
             one.path.strip("/")]  # fmt: skip
    told = {**os.environ, "PGPASSWORD": one.password or ""}
    done = shell.run(words, timeout=seconds + 60, environment=told)
    if not done.ok:
        raise UzError(f"pgbench ended with {done.code}:\n{done.tail()}")
    rate = re.search(r"tps = ([\d.]+) \(without", done.stdout)
    if not rate:
        raise _none(seconds)
    # a transaction a line, and its third word is how many microseconds it took
    lines = [line for log in folder.glob("pgbench.*") for line in log.read_text().splitlines()]
    took = sorted(int(line.split()[2]) for line in lines)
    slow = took[ceil(len(took) * 0.99) - 1]
    return Load(float(rate[1]), len(took), 0, slow / 1000)


def _none(seconds: int) -> UzError:
    return UzError(
        f"not one order was placed within {seconds} s", hint="Is the machine busy with other work?"
    )


def settle(place: Scratch) -> None:
    """Wait until nothing is left of a load: its clients go, and what they asked for goes on."""
    busy = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state <> 'idle'"

    def quiet() -> bool:
        return all(ask(place, f"SELECT pg_sleep(0.1); {busy}") == "\n0" for _ in range(5))

    until(quiet, "the last load ends", 60)
