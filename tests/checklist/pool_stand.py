"""A pretended PostgreSQL behind a pretended PgBouncer: both answer as real ones were seen to."""

import re
import time
from collections.abc import Callable
from datetime import timedelta

from uz.shell import Completed
from uz.spec import Spec
from uz.stack import Owner
from uz.testing import FakeEnvironment, spec

LIMIT = 23
"""max_connections of the pretended server."""
POOL = 5
AT = "2026-03-01 12:00:00.000 UTC [1]"
REPORT = """\
number of transactions actually processed: {processed}
number of failed transactions: 0 (0.000%)
number of transactions above the 2400.0 ms latency limit: {late}/{processed} (0.000%)
"""


def pooled_spec(**database: object) -> Spec:
    """A rehearsal with a small pool and short limits."""
    table = {"pool": POOL, "statement_timeout": "300ms", "idle_in_transaction_timeout": "400ms"}
    return spec("trial", database=table | database)


class PoolStand(FakeEnvironment):
    """What a test sets: `drivers` as they would be found, and those `unsafe` in each setting."""

    def __init__(self, of: Spec | None = None) -> None:
        super().__init__(of or pooled_spec())
        database = self.spec.database
        assert database is not None
        self.limits = {"idle_in_transaction_session_timeout": database.idle_in_transaction_timeout}
        if not database.synchronous:
            self.limits["statement_timeout"] = database.statement_timeout
        self.pool = database.pool
        self.busy = 3
        self.drivers: tuple[str, ...] = ()
        self.unsafe: set[tuple[str, str]] = set()
        self.said: list[tuple[str, ...]] = []
        self.rights: list[Owner] = []
        self._stuck = 0

    @property
    def mode(self) -> str:
        """The pretended PgBouncer's."""
        found = re.search(r"^pool_mode = (\w+)$", self.files["pgbouncer/pgbouncer.ini"], re.M)
        assert found
        return found[1]

    @property
    def direct(self) -> bool:
        """Whether the app's URL leads to the server itself."""
        port = self.address("pgbouncer").port
        return f":{port}/" not in self.files["credentials/app/database-url"]

    def run(
        self,
        *argv: str,
        timeout: float = 60,  # noqa: ARG002
        owner: Owner = Owner.SERVERS,
    ) -> Completed:
        self.said.append(argv)
        self.rights.append(owner)
        if argv[0] != "sh":
            port = argv[argv.index("-p") + 1]
            return _done(argv, self._asked(argv[-1], port))
        if argv[3] == "release":
            return self._in_release(argv)
        sql, program = argv[5:7]
        return self._pgbench(argv, sql) if program == "pgbench" else self._psql(argv, sql)

    def _asked(self, sql: str, port: str) -> str:
        answers: dict[str, Callable[[], object]] = {
            "pg_is_in_recovery": lambda: (
                "f" if port == str(self.address("database-1").port) else "t"
            ),
            "SHOW max_connections": lambda: LIMIT,
            "idle in transaction": lambda: self._stuck,
            "backend_start <": lambda: 0,
            "query_start >": lambda: self.busy,
            "SELECT count": lambda: self.pool,
            "rolconfig": self._settings,
            "RAISE LOG": lambda: self.log(sql.split("'")[1]),
            "ALTER ROLE": lambda: self._alter(sql),
        }
        return str(next((answer() for part, answer in answers.items() if part in sql), ""))

    def log(self, text: str, level: str = "LOG") -> str:
        """Write into the log of the primary."""
        who = "app@app" if level == "ERROR" else "postgres@postgres"
        self.written["database-1"].append(f"{AT} {who} {level}:  {text}")
        return ""

    def _settings(self) -> str:
        return "\n".join(f"{key}={value / timedelta(milliseconds=1):g}ms"
                         for key, value in self.limits.items())  # fmt: skip

    def _alter(self, sql: str) -> str:
        if found := re.search(r"RESET (\w+)", sql):
            del self.limits[found[1]]
        elif found := re.search(r"SET (\w+) = '(\d+)ms'", sql):
            self.limits[found[1]] = timedelta(milliseconds=int(found[2]))
        return ""

    def _cut(self, name: str) -> tuple[float, str]:
        """When something is cut, and what the client is told then."""
        found = re.search(
            r"^query_timeout = ([\d.]+)$", self.files["pgbouncer/pgbouncer.ini"], re.M
        )
        pooler = float(found[1]) if found else 0.0
        if pooler:
            return pooler, "FATAL:  query_timeout"
        limit = self.limits.get(name)
        told = f"ERROR:  canceling statement due to {name.replace('_', ' ')}"
        return (limit.total_seconds() if limit else 1e9), told

    def _psql(self, argv: tuple[str, ...], sql: str) -> Completed:
        if "EXECUTE" in sql:
            self.log('prepared statement "uz_proof" does not exist', "ERROR")
            return _done(argv, error="ERROR:  prepared statement does not exist")
        if found := re.search(r"pg_sleep\(([\d.]+)\)", sql):
            limit, told = self._cut("statement_timeout")
            time.sleep(min(limit, float(found[1])))
            return _done(argv) if float(found[1]) < limit else _done(argv, error=told)
        end = time.monotonic() + 10
        while self._stuck >= self.pool and time.monotonic() < end:
            time.sleep(0.01)
        return _done(argv, "1")

    def _pgbench(self, argv: tuple[str, ...], sql: str) -> Completed:
        clients = int(argv[argv.index("-c", 6) + 1])
        if self.direct and clients > LIMIT:
            return _done(argv, error="pgbench: error: connection failed: FATAL:  too many clients")
        if found := re.search(r"BEGIN;\n\\sleep (\d+) ms", sql):
            self._stuck = clients
            limit, _ = self._cut("idle_in_transaction_session_timeout")
            time.sleep(min(limit, int(found[1]) / 1000))
            self._stuck = 0
            return _done(argv, error="pgbench: error: client 0 aborted in command 2: closed")
        if "-M" in argv and (why := self._refused(argv[argv.index("-M") + 1] == "extended")):
            return _done(argv, error=f"pgbench: error: client 0 script 0 aborted: {why}")
        time.sleep(0.05)
        late = clients - self.pool if self.mode == "session" else 0
        return _done(argv, REPORT.format(processed=clients * 9, late=late))

    def _refused(self, safe: bool) -> str:
        if self.mode == "statement":
            return "FATAL:  transaction blocks not allowed in statement pooling mode"
        return "" if safe else 'ERROR:  prepared statement "P_0" already exists'

    def _in_release(self, argv: tuple[str, ...]) -> Completed:
        program, language, *arguments = argv[5:]
        if not arguments:
            return _done(argv, "".join(f"{one}\n" for one in self.drivers if language != "node"))
        name, setting = arguments[:2]
        if self.mode == "statement":
            return _done(argv, error="transaction blocks not allowed in statement pooling mode")
        if (name, setting) in self.unsafe:
            self.log('prepared statement "_pg3_0" does not exist', "ERROR")
            return _done(argv, error='prepared statement "_pg3_0" does not exist')
        return _done(argv)


def _done(argv: tuple[str, ...], out: str = "", error: str = "") -> Completed:
    return Completed(argv, 1 if error else 0, out, error)
