"""Which route says whether an instance can serve users: paths, and which of them is best."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

READY = {"ready", "readyz", "readiness"}
HEALTHY = {"health", "healthz", "_health", "_healthz", "healthcheck", "health-check",
           "health_check", "heartbeat", "__heartbeat__"}  # fmt: skip
LIVE = {"live", "livez", "liveness", "alive", "__lbheartbeat__"}
ALONE = {"up", "ping", "status"}
"""Words that only mean health where nothing stands before them."""
AROUND = re.compile(r"api|v\d+|-|_|internal|monitoring|system|probes?|status")
MENTIONED = re.compile(
    r"""(?i)[/"'`^](?:ready|readi|_*health|_*heartbeat|live|alive|_*lb|up|ping|status)[\w-]{0,20}"""
    r"""/?[$"'`]"""
)
"""A literal that ends in such a word; a file without one is not parsed."""


@dataclass(frozen=True)
class Route:
    """A path that the app answers to GET, as far as the source tells."""

    path: str
    because: str
    sure: bool = True


def preference(path: str) -> int | None:
    """Rank a path; smaller is better: ready, healthy, then only alive. None: not about health.

    A route such as `/orders/ready` or `/healthcare` is about something else.
    """
    *around, last = [part for part in path.lower().split("/") if part] or [""]
    if not all(AROUND.fullmatch(part) or part in HEALTHY for part in around):
        return None
    for rank, words in enumerate((READY, HEALTHY, LIVE)):
        if last in words:
            return rank
    return 3 if last in ALONE and not around else None


def route(path: str, because: str, sure: bool = True) -> Iterator[Route]:
    """The route, where it is about health."""
    if preference(path) is not None:
        yield Route(path, because, sure)
