"""Smoke tests: whether a release that was brought up answers users at all."""

from collections.abc import Iterable

from uz.backups.finding import Finding
from uz.environment import Environment
from uz.traffic import Visitor


def smoked(env: Environment, paths: Iterable[str]) -> tuple[Finding, ...]:
    """Ask for the app's health and for these paths, as a user does; each has to answer 2xx."""
    visitor = Visitor(env.address("edge"), env.spec.app.domain, env.authority())
    try:
        return tuple(_asked(visitor, path) for path in dict.fromkeys((env.spec.app.health, *paths)))
    finally:
        visitor.close()


def _asked(visitor: Visitor, path: str) -> Finding:
    answer = visitor.get(path)
    held = 200 <= answer.status < 300
    said = f"{answer.status}" if answer.status else f"no answer: {answer.error}"
    took = {"status": answer.status, "seconds": round(answer.seconds, 3)}
    return Finding(f"GET {path}", held, said, took)
