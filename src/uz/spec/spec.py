"""The whole of `uz.toml` for one environment."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from uz.spec.app import App, Process
from uz.spec.backups import Backups
from uz.spec.database import Database
from uz.spec.edge import Edge
from uz.spec.maintenance import Maintenance
from uz.spec.network import Logs, Network
from uz.spec.redis import Redis
from uz.spec.secrets import Pipeline, Secrets
from uz.spec.table import Table
from uz.spec.values import Name

FIRST_INSTANCE = 100
MOST_INSTANCES = 300
FIRST_DATABASE = 400
POOLER = 432
FIRST_REDIS = 500
SECRETS = 820
OFFSITE = 840
OFFSITE_PORTS = 12
TAKEN = frozenset(
    {
        "app",
        "database",
        "edge",
        "log-rotation",
        "migrate",
        "offsite",
        "openbao",
        "pgbouncer",
        "redis",
        "redis-replica",
    }
)
"""Names that `[processes.NAME]` may not have. Uz's own `scheduler` and `shipping` are not among
them: apps call processes so, and theirs have a number behind the name."""
PORT_BASES = {"production": 20000, "staging": 21000}


class Kind(StrEnum):
    """What an environment is for; only `production` counts as production."""

    PRODUCTION = "production"
    STAGING = "staging"
    REHEARSAL = "rehearsal"


@dataclass(frozen=True)
class Ports:
    """Which port of an environment serves what. Only the edge's two leave the machine."""

    base: int
    http: int
    https: int

    @property
    def status(self) -> int:
        """The edge's private status page, on loopback."""
        return self.base + 81

    @property
    def pooler(self) -> int:
        """PgBouncer's port, on loopback."""
        return self.base + POOLER

    @property
    def secrets(self) -> int:
        """The port of the environment's own secrets manager, on loopback; it uses the next too."""
        return self.base + SECRETS

    @property
    def offsite(self) -> range:
        """The ports of the embedded off-site store, on loopback; the first is the one for S3."""
        return range(self.base + OFFSITE, self.base + OFFSITE + OFFSITE_PORTS)

    def database(self, node: int) -> int:
        """The port of the PostgreSQL server with this number, counted from 1, on loopback."""
        return self.base + FIRST_DATABASE + node - 1

    def redis(self, number: int) -> int:
        """The primary's port for 0, the replicas' for 1 and more, on loopback."""
        return self.base + FIRST_REDIS + number

    def web(self, index: int) -> int:
        """The port of the web instance with this number, counted from 1, on loopback."""
        return self.base + FIRST_INSTANCE + index - 1


class Spec(Table):
    """Everything Uz knows about one environment of an app."""

    version: Literal[1] = 1
    """Version of this file's format."""
    environment: Name = "production"
    """Name of the environment; comes from `--env`, not from the file."""
    kind: Kind = Kind.PRODUCTION
    """What the environment is for. Without it the environment `production` is production, and every
    other one is staging. `rehearsal` is for those that `uz rehearse` makes."""
    app: App
    processes: dict[Name, Process] = Field(default_factory=dict)
    """Further processes of the app, one table `[processes.NAME]` each."""
    database: Database | None = None
    redis: Redis | None = None
    backups: Backups | None = None
    secrets: Secrets = Secrets()
    pipeline: Pipeline | None = None
    edge: Edge = Edge()
    network: Network = Network()
    logs: Logs = Logs()
    maintenance: Maintenance = Maintenance()

    @model_validator(mode="after")
    def _consistent(self) -> "Spec":
        if self.app.instances > MOST_INSTANCES:
            raise ValueError(f"app.instances: at most {MOST_INSTANCES} fit into the port range")
        taken = TAKEN & self.processes.keys()
        if taken:
            raise ValueError(f"processes.{min(taken)}: this name is taken by Uz itself")
        base = self.network.port_base or PORT_BASES.get(self.environment)
        if base is None:
            raise ValueError(
                f"network.port_base: missing for the environment {self.environment!r}, "
                f"write [environments.{self.environment}.network] port_base = 23000"
            )
        inside = {self.ports.status, *map(self.ports.web, range(1, self.app.instances + 1))}
        if self.database:
            inside |= {self.ports.pooler, *map(self.ports.database, self.database.nodes)}
        if self.redis:
            inside |= set(map(self.ports.redis, range(self.redis.replicas + 1)))
        if self.secrets.embedded:
            inside |= {self.ports.secrets, self.ports.secrets + 1}
        if self.backups and self.backups.embedded:
            inside |= set(self.ports.offsite)
        for key, port in (("http_port", self.ports.http), ("https_port", self.ports.https)):
            if port in inside:
                raise ValueError(f"edge.{key}: {port} is a port that Uz uses on loopback")
        if self.database and self.database.statement_timeout > self.app.request_timeout:
            raise ValueError(
                "database.statement_timeout: longer than app.request_timeout, so that requests"
                " would give up on statements that run on"
            )
        if self.ports.http == self.ports.https:
            raise ValueError("edge.https_port: the same port is used twice")
        return self

    @model_validator(mode="after")
    def _own_files(self) -> "Spec":
        stores = {"database-url": self.database, "redis-url": self.redis}
        for name in (*self.app.secrets, *self.app.generated_secrets):
            if stores.get(name):
                raise ValueError(f"app.secrets.{name}: Uz itself makes this file, choose another")
        return self

    @property
    def ports(self) -> Ports:
        """The ports of this environment."""
        base = self.network.port_base or PORT_BASES[self.environment]
        production = self.kind is Kind.PRODUCTION
        return Ports(
            base,
            http=self.edge.http_port or (80 if production else base + 80),
            https=self.edge.https_port or (443 if production else base + 443),
        )

    @property
    def names(self) -> frozenset[str]:
        """References that lead to a name, which may be short, and not to a secret."""
        access = self.backups.access_key if self.backups else None
        return frozenset({access} if access else ())

    @property
    def domains(self) -> tuple[str, ...]:
        """All names that users may type, each once."""
        return tuple(dict.fromkeys((self.app.domain, *self.app.aliases)))

    @property
    def url(self) -> str:
        """The address that users type."""
        port = "" if self.ports.https == 443 else f":{self.ports.https}"
        return f"https://{self.app.domain}{port}"
