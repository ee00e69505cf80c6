"""The `[network]` and `[logs]` tables: what may listen, and what is kept of the logs."""

from datetime import timedelta

from pydantic import Field

from uz.spec.table import Table
from uz.spec.values import Count, Duration, Listener, Size, Text


class Network(Table):
    """Ports inside the machine, and what else may listen on it."""

    port_base: int | None = Field(default=None, ge=1024, le=64000, strict=True)
    """First of the 1000 ports that this environment uses on loopback. Default: 20000 for
    production, 21000 for staging; other environments must say."""
    allow: dict[Listener, Text] = Field(default_factory=lambda: {"22/tcp": "SSH"})
    """Listeners beyond the edge that may be reached from outside, each with the reason:
    `"22/tcp" = "SSH"`. A table of your own replaces the default, so name SSH in it too."""


class Logs(Table):
    """How much is kept of the logs, for each service."""

    max_size: Size = 50 * 2**20
    """A log file is rotated when it is larger."""
    keep: Count = 5
    """How many rotated files are kept beside the current one."""
    max_age: Duration = timedelta(days=30)
    """Rotated access logs older than this are removed."""
