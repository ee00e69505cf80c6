"""Database servers and a pooler in memory: what psql and pg_controldata would say of them."""

import re
from dataclasses import dataclass

from uz.errors import MachineError
from uz.shell import Completed
from uz.stack import Owner
from uz.testing import FakeEnvironment, spec

REFUSED = "psql: error: connection to server failed: Connection refused\n"


@dataclass
class Server:
    """One of the servers. `received`: bytes of the log; None for one that cannot be promoted."""

    leads: bool = False
    received: int = 1000
    lag: int = 0
    streams: bool = True
    promotes: bool = True
    clean: bool = True
    standby_signal: bool = True


class Cluster(FakeEnvironment):
    """A primary, two standbys, and PgBouncer before them. `events`: what was done, in order.

    `interrupt` names an event, and what is raised there, once.
    """

    def __init__(self, **keys: object) -> None:
        super().__init__(spec("trial", database={"replicas": 2, **keys}))
        self.servers = {f"database-{number}": Server() for number in (1, 2, 3)}
        self.servers["database-1"] = Server(leads=True, standby_signal=False)
        self.leader = "database-1"
        self.pooled_to = "database-1"
        self.paused = False
        self.drains = True
        self.reloads = True
        self.events: list[str] = []
        self.interrupt: tuple[str, BaseException] | None = None

    def _event(self, what: str) -> None:
        self.events.append(what)
        if self.interrupt and self.interrupt[0] == what:
            error, self.interrupt = self.interrupt[1], None
            raise error

    def start(self, service: str) -> None:
        """Start it: a server that is not to lead follows."""
        super().start(service)
        if service in self.servers:
            one = self.servers[service]
            one.leads, one.standby_signal = service == self.leader, service != self.leader
        self._event(f"start {service}")

    def begin(self, service: str) -> None:
        """Start it, and do not wait."""
        if service in self.broken:
            return
        self.running[service] = True
        self.events.append(f"begin {service}")

    def stop(self, service: str) -> None:
        """Stop it."""
        super().stop(service)
        self._event(f"stop {service}")

    def lead(self, service: str) -> None:
        """Note who is to lead."""
        super().lead(service)
        self._event(f"lead {service}")

    def run(
        self,
        *argv: str,
        timeout: float = 60,
        owner: Owner = Owner.SERVERS,  # noqa: ARG002
    ) -> Completed:
        """Answer as the program would."""
        if argv[0] == "cat":
            return Completed(argv, 0, f"{self.leader} 1\n" if self.leader else "", "")
        if argv[0] == "test":
            signal = self.servers[argv[-1].split("/")[-2]].standby_signal
            return Completed(argv, 0 if signal else 1, "", "")
        if argv[0].endswith("pg_controldata"):
            clean = self.servers[argv[-1].rpartition("/")[2]].clean
            state = "shut down" if clean else "in production"
            text = f"Database cluster state:   {state}\nLatest checkpoint location:  0/3E8\n"
            return Completed(argv, 0, text, "")
        port = argv[argv.index("-p") + 1]
        name = next(one for one in self.running if self._port(one) == port)
        if not self.running[name]:
            return Completed(argv, 2, "", REFUSED)
        if name == "pgbouncer":
            return self._console(argv, timeout)
        return Completed(argv, 0, f"{self._sql(name, argv[-1])}\n", "")

    def _port(self, name: str) -> str:
        listens = self.stack.service(name).listens
        return str(listens[0].port) if listens else ""

    def _console(self, argv: tuple[str, ...], timeout: float) -> Completed:
        command = argv[-1]
        if command == "SHOW DATABASES":
            port, paused = self._port(self.pooled_to), int(self.paused)
            row = f"app|127.0.0.1|{port}|app||20|0|0||22|0|{paused}|0"
            return Completed(argv, 0, f"{row}\npgbouncer||1|pgbouncer||2|0|0||0|0|0|0\n", "")
        if command == "PAUSE app":
            self.paused = True
            if not self.drains:
                self.events.append(command)
                return Completed(argv, 124, "", f"nothing within {timeout:g} s")
        if command == "RESUME app":
            if not self.paused:
                return Completed(argv, 1, "", "ERROR:  database app is not paused")
            self.paused = False
        if command == "RELOAD" and self.reloads:
            self.pooled_to = self.leader
        if command != "SHOW VERSION":
            self._event(command)
        return Completed(argv, 0, "", "")

    def _sql(self, name: str, sql: str) -> str:
        one = self.servers[name]
        if "pg_stat_replication" in sql:
            return self._replication()
        if "pg_promote" in sql:
            one.leads = one.promotes
            one.standby_signal = not one.promotes
            self._event(f"promote {name}")
            return "t" if one.promotes else "f"
        if found := re.search(r"create_physical_replication_slot\('(\w+)'", sql):
            self._event(f"slot {found[1]} on {name}")
        if "pg_stat_activity" in sql:
            return "process 7 of app, open for 90 s, idle in transaction"
        if "pg_is_in_recovery" in sql:
            return "f" if one.leads else "t"
        if "pg_last_wal_replay_lsn() >" in sql:
            return "t" if one.received >= 1000 else "f"
        if "pg_last_wal_receive_lsn" in sql:
            return str(one.received)
        return "/usr/lib/postgresql/15/bin" if "BINDIR" in sql else ""

    def _replication(self) -> str:
        return "\n".join(
            f"{name}|{one.lag}"
            for name, one in self.servers.items()
            if self.running[name] and one.streams and not one.leads
        )

    @property
    def lead_writes(self) -> list[str]:
        """The servers that take writes."""
        return [name for name, one in self.servers.items() if one.leads and self.running[name]]


class Steps:
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def __call__(self, name: str, what: str) -> None:
        self.said.append((name, what))


def full_disk() -> MachineError:
    """Something that goes wrong."""
    return MachineError("no space left")
