"""The `[database]` table: PostgreSQL with a replica, behind PgBouncer."""

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator, model_validator

from uz.spec.app import refuse_port
from uz.spec.table import Table
from uz.spec.values import Command, Duration, Size


class Database(Table):
    """PostgreSQL on loopback: roles with few rights, a replica, and PgBouncer in front of it. The
    app finds it by the variable `DATABASE_URL`, or the file `database-url` in
    `CREDENTIALS_DIRECTORY`."""

    migrate: Command | None = None
    """Brings the schema up to the release, such as `alembic upgrade head`. Run once, in the
    release folder, before the release gets traffic; both `DATABASE_URL` and `DATABASE_DIRECT_URL`
    then lead past PgBouncer, with the right to change the schema."""
    migrate_timeout: Duration = timedelta(minutes=10)
    """How long a migration may take until it is stopped; then the release is not started."""
    version: int | None = Field(default=None, ge=15, le=99, strict=True)
    """PostgreSQL's major version. Without it: the newest that this machine has."""
    replicas: int = Field(default=1, ge=0, le=3, strict=True)
    """Copies that follow the primary, ready to take its place."""
    replication: Literal["asynchronous", "synchronous"] = "asynchronous"
    """When a write is acknowledged. `asynchronous`: once it is on the primary's disk; if the
    primary is lost for good, so is what had not reached a replica yet. `synchronous`: once it is on
    a replica's disk too; nothing acknowledged is lost, and writes fail while no replica runs."""
    memory: Size | None = None
    """Memory that each server plans with. Without it: a quarter of the machine's, divided by the
    number of servers."""
    retained_wal: Size = 2**30
    """Log of changes that is kept for a replica that is away. One that needs more is copied
    anew."""
    pool: int = Field(default=20, ge=1, le=1000, strict=True)
    """Connections to PostgreSQL that all of the app's processes share in PgBouncer."""
    process_pool: int = Field(default=10, ge=1, le=1000, strict=True)
    """Connections to PgBouncer that each process of the app may hold: `DATABASE_POOL_SIZE`."""
    pool_timeout: Duration = timedelta(seconds=10)
    """How long a request may wait for a connection: `DATABASE_POOL_TIMEOUT`, in seconds."""
    connect_timeout: Duration = timedelta(seconds=5)
    """How long opening a connection may take: `DATABASE_CONNECT_TIMEOUT`, in seconds."""
    statement_timeout: Duration = timedelta(seconds=15)
    """How long one statement of the app may run until the server ends it:
    `DATABASE_STATEMENT_TIMEOUT`, in seconds."""
    lock_timeout: Duration = timedelta(seconds=5)
    """How long a statement, of the app or of a migration, may wait for a lock."""
    idle_in_transaction_timeout: Duration = timedelta(seconds=30)
    """How long a transaction may stand open with nothing happening, holding its connection."""

    @field_validator("migrate")
    @classmethod
    def _portless(cls, command: str | None) -> str | None:
        return refuse_port(command) if command else command

    @field_validator(
        "migrate_timeout", "pool_timeout", "connect_timeout", "statement_timeout",
        "lock_timeout", "idle_in_transaction_timeout",
    )  # fmt: skip
    @classmethod
    def _limited(cls, value: timedelta) -> timedelta:
        if value < timedelta(milliseconds=100):
            raise ValueError("at least 100ms: servers take nothing at all for no limit")
        if value > timedelta(days=20):
            raise ValueError("at most 20d: PostgreSQL counts milliseconds, up to 24 days of them")
        return value

    @field_validator("memory")
    @classmethod
    def _enough(cls, memory: int | None) -> int | None:
        if memory is not None and memory < 32 * 2**20:
            raise ValueError("at least 32MiB")
        return memory

    @model_validator(mode="after")
    def _has_replicas(self) -> "Database":
        if self.synchronous and not self.replicas:
            raise ValueError("replication: synchronous needs a replica, and replicas is 0")
        return self

    @property
    def synchronous(self) -> bool:
        """Whether a write waits for a replica."""
        return self.replication == "synchronous"

    @property
    def nodes(self) -> range:
        """Numbers of the servers, from 1; any of them may be the primary."""
        return range(1, self.replicas + 2)
