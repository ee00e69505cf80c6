"""One thing that was looked at in a restored database, and whether it was right."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """What was compared, and what came of it. `figures` are measured; units end their names."""

    name: str
    held: bool
    detail: str
    figures: Mapping[str, float | int | str] = field(default_factory=dict)
