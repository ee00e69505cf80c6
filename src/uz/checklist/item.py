"""What an item of the checklist is made of."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from uz.environment import Environment
from uz.evidence import Effect
from uz.spec import Spec
from uz.verdict import Verdict


@dataclass(frozen=True)
class Experiment:
    """One thing that is tried. `effect` says what that does to users."""

    name: str
    effect: Effect
    line: str
    prove: Callable[[Environment], Verdict]
    here_only: bool = False
    """Whether it speaks of this environment's own files or secrets, so that what it showed in a
    rehearsal does not count for the environment that was rehearsed."""


@dataclass(frozen=True)
class Control:
    """Breaks exactly what an experiment is about; under it the experiment must be refuted."""

    name: str
    line: str
    catches: str
    """Name of the experiment that must go red."""
    sabotage: Callable[[Environment], AbstractContextManager[None]]
    unfit: Callable[[Spec], str] = lambda _spec: ""
    """Why it cannot be done to what a Spec makes; empty where it can."""


class Item(Protocol):
    """One line of the checklist; the docstring of its class is its reference page."""

    @property
    def id(self) -> str:
        """Public name, never reused."""
        ...

    @property
    def line(self) -> str:
        """The line on the checklist."""
        ...

    @property
    def fix(self) -> str:
        """What to do when it does not hold."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Tables of `uz.toml` without which the item cannot apply."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """Services, by name or role, whose configuration and version the evidence depends on."""
        ...

    @property
    def max_age(self) -> timedelta:
        """How long evidence counts when nothing changes."""
        ...

    @property
    def experiments(self) -> tuple[Experiment, ...]:
        """What is tried; all of it must hold."""
        ...

    @property
    def controls(self) -> tuple[Control, ...]:
        """What is broken on purpose, to see that the experiments can fail."""
        ...


def inapplicable_since(item: Item, spec: Spec) -> str:
    """Why an item cannot apply to a Spec, or nothing where it does."""
    absent = [table for table in item.needs if getattr(spec, table) is None]
    return f"uz.toml has no [{absent[0]}]" if absent else ""
