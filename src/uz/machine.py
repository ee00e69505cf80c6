"""What a component may know about the machine it will run on: facts, gathered once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

OPENBAO = "openbao-2.7.2"
"""Folder of the pinned OpenBao among the tools that Uz keeps beside the environments."""
SEAWEEDFS = "seaweedfs-4.48"
"""Folder of the pinned SeaweedFS there."""


@dataclass(frozen=True)
class Program:
    """A server program as it was found."""

    name: str
    path: str
    version: tuple[int, ...]

    @property
    def version_text(self) -> str:
        """The version as people write it."""
        return ".".join(map(str, self.version))


@dataclass(frozen=True)
class Machine:
    """Cores, memory in bytes, the programs found.

    `isolated`: servers and app run as users of their own; `ipv6`: the kernel speaks IPv6.
    """

    cores: int
    memory: int
    isolated: bool
    ipv6: bool
    programs: Mapping[str, Program] = field(default_factory=dict)
