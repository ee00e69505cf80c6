"""The `[redis]` table: a durable Redis with a replica."""

from typing import Literal

from pydantic import Field

from uz.spec.table import Table
from uz.spec.values import Size

EVICTION = {"cache": "allkeys-lru", "store": "noeviction"}


class Redis(Table):
    """Redis on loopback: authenticated, append-only, with a replica. The app finds it by the
    variable `REDIS_URL`, or the file `redis-url` in `CREDENTIALS_DIRECTORY`."""

    purpose: Literal["cache", "store"]
    """What it is for. `cache`: the least used keys go when memory is full. `store`: nothing is
    ever dropped, writes are refused instead."""
    memory: Size = 256 * 2**20
    """Memory for data; beyond it `purpose` decides."""
    sync: Literal["everysec", "always"] = "everysec"
    """When writes are synced to the disk. `everysec`: a power failure loses a second at most.
    `always`: before each write is acknowledged; slower."""
    replicas: int = Field(default=1, ge=0, le=5, strict=True)
    """Copies that follow the primary; they are read-only."""
    max_clients: int = Field(default=500, ge=10, le=10_000, strict=True)
    """Connections that all clients together may hold."""

    @property
    def eviction(self) -> str:
        """Redis' own name for what happens when memory is full."""
        return EVICTION[self.purpose]
