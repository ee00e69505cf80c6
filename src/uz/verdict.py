"""What an experiment showed, and what an item's experiments mean together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

Figure = int | float | str | bool
"""One measured value; the unit is the end of its name (`handshake_ms`)."""


class State(StrEnum):
    """The combined answer for an item: what the files say and what was tried."""

    PROVEN = "proven"
    REFUTED = "refuted"
    DECLARED = "declared"
    MISSING = "missing"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    INAPPLICABLE = "inapplicable"

    @property
    def ready(self) -> bool:
        """Whether an item in this state lets the environment count as ready."""
        return self in {State.PROVEN, State.WAIVED, State.INAPPLICABLE}


class Domain(StrEnum):
    """A failure domain: what may be lost while the thing proven still holds."""

    PROCESS = "process"
    MACHINE = "machine"
    DISK = "disk"
    SITE = "site"


WORST_FIRST = (
    State.REFUTED,
    State.UNKNOWN,
    State.MISSING,
    State.DECLARED,
    State.PROVEN,
    State.WAIVED,
    State.INAPPLICABLE,
)


@dataclass(frozen=True)
class Verdict:
    """A state, the reason for it in one sentence, and the figures it rests on."""

    state: State
    reason: str
    figures: Mapping[str, Figure] = field(default_factory=lambda: MappingProxyType({}))
    domains: tuple[Domain, ...] = ()


def proven(reason: str, *, domains: tuple[Domain, ...] = (), **figures: Figure) -> Verdict:
    """The experiment held."""
    return Verdict(State.PROVEN, reason, figures, domains)


def refuted(reason: str, **figures: Figure) -> Verdict:
    """The experiment was done and the thing does not hold."""
    return Verdict(State.REFUTED, reason, figures)


def declared(reason: str, **figures: Figure) -> Verdict:
    """The files say so, and that is all that can be said."""
    return Verdict(State.DECLARED, reason, figures)


def unknown(reason: str, **figures: Figure) -> Verdict:
    """It could not be decided, and why. No data ends here, never in a pass."""
    return Verdict(State.UNKNOWN, reason, figures)


def inapplicable(reason: str) -> Verdict:
    """It cannot apply here, and why."""
    return Verdict(State.INAPPLICABLE, reason)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Join an item's experiments: the worst decides, and no experiment at all is unknown."""
    ranked = sorted(verdicts, key=lambda verdict: WORST_FIRST.index(verdict.state))
    if not ranked:
        return unknown("no experiment was run")
    worst = [verdict for verdict in ranked if verdict.state is ranked[0].state]
    figures = {name: value for verdict in ranked for name, value in verdict.figures.items()}
    domains = tuple(dict.fromkeys(domain for verdict in ranked for domain in verdict.domains))
    return Verdict(
        ranked[0].state, "; ".join(dict.fromkeys(v.reason for v in worst)), figures, domains
    )
