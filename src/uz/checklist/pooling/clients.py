"""Clients of the database that come as the app comes: by its own URL, and with its own rights."""

import re
import time
from dataclasses import dataclass

from uz.environment import Environment
from uz.errors import ProgramError
from uz.shell import Completed
from uz.spec import Database
from uz.stack import Owner, Role

AS_APP = """\
url=$(cat "$1") || exit 66
login=${url#*://} && place=${login#*@} && login=${login%%@*}
export PGUSER="${login%%:*}" PGPASSWORD="${login#*:}" PGDATABASE="${place#*/}"
place=${place%%/*}
export PGHOST="${place%:*}" PGPORT="${place##*:}" PGAPPNAME=uz-proof PGCONNECT_TIMEOUT=10
export HOME="$PWD/data/app"
text=$2
shift 2
printf '%s\\n' "$text" | "$@"
"""
"""Reads the file with the URL, and gives a program what it says in variables: so that the password
is on no command line. The program reads its SQL from standard input."""


@dataclass(frozen=True)
class Answered:
    """What a client was told, and after how many seconds."""

    done: Completed
    seconds: float

    @property
    def words(self) -> str:
        """The last thing it was told, on one line."""
        told = self.done.tail(1).removeprefix("psql:<stdin>:1: ").removeprefix("pgbench: ")
        return re.sub(r"^error: ", "", told) or f"exit code {self.done.code}"


@dataclass(frozen=True)
class Load:
    """What pgbench counted."""

    processed: int
    failed: int
    late: int
    """Transactions that took longer than the limit it was given."""
    problem: str = ""
    """Why clients were given up, in the words of the first one."""


def database_of(env: Environment) -> Database:
    """The database that the environment has; an item that needs it is only tried where it has."""
    wanted = env.spec.database
    if wanted is None:
        raise KeyError("uz.toml has no [database]")
    return wanted


def url_file(env: Environment) -> str:
    """Where the app reads the URL of its database."""
    folder = env.stack.service(env.instances(Role.WEB)[0]).folder
    return f"{env.folder}/credentials/{folder}/database-url"


def as_app(env: Environment, sql: str, *argv: str, within: float) -> Completed:
    """Run a client program with the app's URL and rights; it reads `sql`."""
    words = ("sh", "-c", AS_APP, "client", url_file(env), sql)
    done = env.run(*words, *argv, timeout=within, owner=Owner.APP)
    if done.code == 127:
        raise ProgramError(f"{argv[0]}: not found", hint="`uz doctor` lists what is needed.")
    return done


def say(env: Environment, sql: str, *, within: float) -> Answered:
    """Send a statement as the app would; whatever comes of it is the caller's to judge."""
    began = time.monotonic()
    done = as_app(env, sql, "psql", "-XAtqw", "-v", "ON_ERROR_STOP=1", within=within)
    return Answered(done, time.monotonic() - began)


def pgbench(env: Environment, script: str, *options: str, clients: int, within: float) -> Load:
    """Let this many clients run a script at once, all of them connected before the first begins."""
    count = ("-c", str(clients), "-j", "1")
    done = as_app(env, script, "pgbench", "-n", "-f", "-", *count, *options, within=within)
    return load(done)


def load(done: Completed) -> Load:
    """Read pgbench's report; what it does not say is 0, and then there is a problem."""
    aborted = len(re.findall(r"client \d+ (?:script \d+ )?aborted", done.stderr))
    processed = _number(r"transactions actually processed: (\d+)", done.stdout)
    failed = _number(r"number of failed transactions: (\d+)", done.stdout) or 0
    late = _number(r"latency limit: (\d+)", done.stdout) or 0
    problem = "" if done.ok and processed is not None else _first(done)
    return Load(processed or 0, failed + aborted, late, problem)


def _number(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text)
    return int(found[1]) if found else None


def _first(done: Completed) -> str:
    """The first error in a report, without the words around it."""
    lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
    first = (lines or [done.tail(1)])[0]
    return re.sub(r".*?(?:FATAL|ERROR): +", "", first).removeprefix("pgbench: error: ")
