"""`uz failover`: the primary is lost, and a standby takes its place."""

from collections.abc import Callable
from dataclasses import dataclass

from uz.environment import Environment
from uz.errors import UzError
from uz.operations.promote import follow, following, most_advanced, promote, rejoined
from uz.psql import nodes, primaries

Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class FailedOver:
    """Who leads now, and why each server that led before does not follow yet."""

    after: str
    trouble: dict[str, str]


def failover(env: Environment, to: str, progress: Progress) -> FailedOver:
    """Make a standby the primary while no primary answers.

    Every server that is no standby is stopped first, so that there are never two primaries.
    Raises UzError where one still answers, or there is no standby.
    """
    alive = primaries(env)
    if alive:
        raise UzError(
            f"{alive[0]} is the primary, and answers",
            hint="`uz switchover` takes its place without a loss.",
        )
    standing = following(env, "")
    after = most_advanced(env, standing, to)
    others = tuple(node for node in nodes(env) if node not in standing)
    for node in others:
        env.stop(node)
        progress(node, "kept down")
    promote(env, after)
    progress(after, "is the primary")
    follow(env, after)
    trouble = {node: rejoined(env, node) for node in others}
    for node, why in trouble.items():
        progress(node, "does not follow yet" if why else f"follows {after}")
    return FailedOver(after, {node: why for node, why in trouble.items() if why})
