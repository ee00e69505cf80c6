"""What was seen, where and when, and whether it still holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from uz.verdict import Verdict


class Effect(StrEnum):
    """What an experiment does to users."""

    OBSERVE = "observe"
    PROBE = "probe"
    DISRUPT = "disrupt"


@dataclass(frozen=True)
class Evidence:
    """One experiment's verdict with all that it depends on.

    `inputs` maps each thing the verdict rests on (a service's configuration, a program's version)
    to its digest or version when it was taken; `environment` and `kind` say where it was taken.
    """

    item: str
    experiment: str
    effect: Effect
    verdict: Verdict
    taken_at: datetime
    environment: str
    kind: str
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def rehearsed(self) -> bool:
        """Whether it was taken in a rehearsal, not on the environment itself."""
        return self.kind == "rehearsal"

    def staleness(self, inputs: Mapping[str, str], now: datetime, max_age: timedelta) -> str:
        """Say why the evidence no longer counts, or nothing while it does."""
        changed = sorted(
            name for name in {*inputs, *self.inputs} if inputs.get(name) != self.inputs.get(name)
        )
        if changed:
            return f"changed since: {', '.join(changed)}"
        age = now - self.taken_at
        if age > max_age:
            return f"taken {age.days} days ago, counts for {max_age.days}"
        if age < timedelta(minutes=-5):
            return "taken in the future: check the clock"
        return ""
