"""All items with their evidence, and whether that means ready."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from uz.checklist.item import Item
from uz.evidence import Effect, Evidence
from uz.operations.prove import Tried
from uz.verdict import State, Verdict, declared, together, unknown


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
) -> Report:
    """Put stored evidence together, leaving out what has gone stale."""
    results = tuple(
        _result(item, evidence_of(item.id), inputs_of(item.inputs), now) for item in items
    )
    return Report(app, environment, kind, now, results, controls)


def _result(
    item: Item, evidence: tuple[Evidence, ...], inputs: Mapping[str, str], now: datetime
) -> ItemResult:
    by_name = {one.experiment: one for one in evidence}
    verdicts, counted = [], []
    for experiment in item.experiments:
        one = by_name.get(experiment.name)
        if one is None:
            verdicts.append(_never_tried(experiment.name, experiment.effect))
            continue
        stale = one.staleness(inputs, now, item.max_age)
        counted.append(one)
        verdicts.append(declared(f"{experiment.name}: {stale}") if stale else one.verdict)
    return ItemResult(item, together(verdicts) if verdicts else unknown("nothing to try"),
                      tuple(counted))  # fmt: skip


def _never_tried(name: str, effect: Effect) -> Verdict:
    how = "`uz rehearse` tries it" if effect is Effect.DISRUPT else "`uz prove` tries it"
    return declared(f"{name}: never tried, {how}")
