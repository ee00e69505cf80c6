"""Proving items: healthy before, the experiment, healthy after; and the same under sabotage."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from uz.checklist.item import Control, Experiment, Item, inapplicable_since
from uz.environment import Environment, only_in_rehearsals
from uz.errors import UzError
from uz.evidence import Effect, Evidence
from uz.verdict import State, Verdict, unknown
from uz.waiting import met

BEFORE = 5.0
"""Seconds in which the stack has to be healthy before an experiment."""
RECOVERY = 30.0
"""Seconds in which the stack has to be healthy again after an experiment."""

HARMLESS = frozenset({Effect.OBSERVE, Effect.PROBE})
EVERYTHING = frozenset(Effect)

Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class Tried:
    """What became of a control: `held` when the experiment went red, else `missed`, and why."""

    item: str
    control: str
    line: str
    held: bool
    reason: str


def prove(
    env: Environment, items: Iterable[Item], effects: frozenset[Effect], progress: Progress
) -> tuple[Evidence, ...]:
    """Run the experiments that may be run here, one after another."""
    found = []
    for item in _applying(env, items):
        inputs = env.inputs(item.inputs)
        for experiment in item.experiments:
            if experiment.effect not in effects:
                continue
            verdict = tried(env, experiment)
            progress(item.id, f"{experiment.name}: {verdict.state.value}: {verdict.reason}")
            found.append(evidence_of(env, item, experiment, verdict, inputs))
    return tuple(found)


def _applying(env: Environment, items: Iterable[Item]) -> list[Item]:
    return [item for item in items if not inapplicable_since(item, env.spec)]


def evidence_of(
    env: Environment,
    item: Item,
    experiment: Experiment,
    verdict: Verdict,
    inputs: Mapping[str, str],
) -> Evidence:
    """Put a verdict together with all that it holds for."""
    return Evidence(
        item=item.id,
        experiment=experiment.name,
        effect=experiment.effect,
        verdict=verdict,
        taken_at=datetime.now(UTC),
        environment=env.name,
        kind=env.kind.value,
        inputs=inputs,
    )


def tried(env: Environment, experiment: Experiment) -> Verdict:
    """Run one experiment between two looks at the stack's health. A crash of it is unknown."""
    if not met(lambda: _healthy(env), BEFORE):
        return unknown("the stack is not healthy, so nothing was tried: see `uz status`")
    verdict = judged(env, experiment)
    if not met(lambda: _healthy(env), RECOVERY):
        return unknown(f"the stack is not healthy {RECOVERY:g} s after it ({verdict.reason})")
    return verdict


def _healthy(env: Environment) -> bool:
    """Whether the stack is healthy; one that cannot even be asked is not."""
    try:
        return env.healthy()
    except Exception:  # noqa: BLE001
        return False


def judged(env: Environment, experiment: Experiment) -> Verdict:
    """Run an experiment; whatever it raises is no data."""
    try:
        return experiment.prove(env)
    except UzError as error:
        return unknown(f"{error}" + (f" ({error.hint})" if error.hint else ""))
    except Exception as error:  # noqa: BLE001
        return unknown(f"the experiment failed: {type(error).__name__}: {error}")


def check_controls(
    env: Environment, items: Iterable[Item], progress: Progress
) -> tuple[Tried, ...]:
    """Break each thing on purpose, and see that its experiment notices.

    Raises UzError outside a rehearsal.
    """
    only_in_rehearsals(env)
    found = []
    for item in _applying(env, items):
        experiments = {experiment.name: experiment for experiment in item.experiments}
        seen = dict[str, Verdict]()
        for control in item.controls:
            if why := control.unfit(env.spec):
                progress(item.id, f"{control.name}: cannot apply: {why}")
                continue
            one = _controlled(env, item, experiments[control.catches], control, seen)
            if one is None:
                progress(item.id, f"{control.name}: cannot apply, as {control.catches} cannot")
                continue
            progress(item.id, f"{control.name}: {'held' if one.held else 'missed'}: {one.reason}")
            found.append(one)
    return tuple(found)


def _controlled(
    env: Environment,
    item: Item,
    experiment: Experiment,
    control: Control,
    seen: dict[str, Verdict],
) -> Tried | None:
    """Red under sabotage, and before and after it the same other answer: else it is missed.

    Where the item is refuted anyway, the reason has to change with the sabotage and change back.
    None where the experiment cannot apply. `seen` has the answers after the last control of each
    experiment, which are those before its next one.
    """
    before = seen.pop(experiment.name, None) or tried(env, experiment)
    if before.state is State.INAPPLICABLE:
        return None
    if before.state is State.UNKNOWN:
        return _missed(item, control, f"nothing to compare with: {before.reason}")
    try:
        with control.sabotage(env):
            under = judged(env, experiment)
    except Exception as error:  # noqa: BLE001
        return _missed(item, control, f"the sabotage failed: {type(error).__name__}: {error}")
    if under.state is not State.REFUTED:
        return _missed(item, control, f"{under.state.value} under sabotage: {under.reason}")
    if before.state is State.REFUTED and under.reason == before.reason:
        return _missed(item, control, f"red already without sabotage: {before.reason}")
    if not met(lambda: _healthy(env), RECOVERY):
        return _missed(item, control, "the stack did not recover from the sabotage")
    if not met(lambda: _alike(judged(env, experiment), before), RECOVERY):
        return _missed(item, control, "the answer did not change back after the sabotage")
    seen[experiment.name] = before
    return Tried(item.id, control.name, control.line, held=True, reason=under.reason)


def _alike(one: Verdict, other: Verdict) -> bool:
    return one.state is other.state and (
        one.state is not State.REFUTED or one.reason == other.reason
    )


def _missed(item: Item, control: Control, reason: str) -> Tried:
    return Tried(item.id, control.name, control.line, held=False, reason=reason)
