"""All items with their evidence, and whether that means ready."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from uz.checklist.item import Experiment, Item
from uz.evidence import Effect, Evidence
from uz.operations.prove import Tried
from uz.verdict import State, Verdict, declared, inapplicable, together


@dataclass(frozen=True)
class ItemResult:
    """One item: its combined state and reason, and the evidence that counts."""

    item: Item
    verdict: Verdict
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Report:
    """The answer for one environment at one time."""

    app: str
    environment: str
    kind: str
    taken_at: datetime
    results: tuple[ItemResult, ...]
    controls: tuple[Tried, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 ready, 1 not ready, 3 when nothing failed and something is unknown."""
        states = {result.verdict.state for result in self.results}
        missed = any(not control.held for control in self.controls)
        if missed or any(not state.ready and state is not State.UNKNOWN for state in states):
            return 1
        return 3 if State.UNKNOWN in states or not states else 0


def assembled(
    app: str,
    environment: str,
    kind: str,
    items: Iterable[Item],
    evidence_of: Callable[[str], tuple[Evidence, ...]],
    inputs_of: Callable[[tuple[str, ...]], Mapping[str, str]],
    now: datetime,
    controls: tuple[Tried, ...] = (),
    why_not: Callable[[Item], str] = lambda _: "",
) -> Report:
    """Put stored evidence together, leaving out what has gone stale.

    `why_not` says why an item cannot apply, or nothing where it does.
    """
    results = tuple(
        ItemResult(item, inapplicable(why_not(item)), ())
        if why_not(item)
        else _result(item, evidence_of(item.id), inputs_of(item.inputs), now)
        for item in items
    )
    return Report(app, environment, kind, now, results, controls)


def _result(
    item: Item, evidence: tuple[Evidence, ...], inputs: Mapping[str, str], now: datetime
) -> ItemResult:
    by_name = {one.experiment: one for one in evidence}
    counted = tuple(by_name[one.name] for one in item.experiments if one.name in by_name)
    untried = [one for one in item.experiments if one.name not in by_name]
    verdicts = [_now(one, inputs, now, item.max_age) for one in counted]
    return ItemResult(item, together([*verdicts, *_never_tried(untried)]), counted)


def _now(one: Evidence, inputs: Mapping[str, str], now: datetime, max_age: timedelta) -> Verdict:
    stale = one.staleness(inputs, now, max_age)
    return declared(f"{one.experiment}: {stale}") if stale else one.verdict


def _never_tried(untried: list[Experiment]) -> list[Verdict]:
    commands = {"uz rehearse": True, "uz prove": False}
    found = []
    for command, disruptive in commands.items():
        names = [one.name for one in untried if (one.effect is Effect.DISRUPT) == disruptive]
        if names:
            found.append(declared(f"never tried (`{command}` does): {', '.join(names)}"))
    return found
