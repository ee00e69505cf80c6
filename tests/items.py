"""Items of the checklist made of a few words, for tests of what tries and reports them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from uz.checklist import Control, Experiment
from uz.environment import Environment
from uz.evidence import Effect, Evidence
from uz.verdict import Verdict, proven, refuted

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Method = Callable[[Environment], Verdict]


@dataclass(frozen=True)
class Trial:
    """An item about nothing."""

    experiments: tuple[Experiment, ...] = ()
    controls: tuple[Control, ...] = ()
    id: str = "trial.holds"
    line: str = "it holds"
    fix: str = "Make it hold."
    needs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ("edge",)
    max_age: timedelta = timedelta(days=7)


def experiment(
    method: Method | Verdict, name: str = "tries", effect: Effect = Effect.PROBE
) -> Experiment:
    """An experiment that does this, or always answers the same."""
    prove: Method = (lambda _env: method) if isinstance(method, Verdict) else method
    return Experiment(name, effect, f"{name} it", prove)


def control(
    sabotage: Callable[[Environment], AbstractContextManager[None]],
    name: str = "broken",
    catches: str = "tries",
) -> Control:
    """A control that breaks it in this way."""
    return Control(name, f"{name} on purpose", catches, sabotage)


def evidence(
    verdict: Verdict,
    experiment: str = "tries",
    item: str = "trial.holds",
    *,
    at: datetime = NOON,
    environment: str = "production",
    kind: str = "production",
    effect: Effect = Effect.PROBE,
    inputs: Mapping[str, str] | None = None,
) -> Evidence:
    """Evidence of an experiment, taken at noon."""
    return Evidence(item, experiment, effect, verdict, at, environment, kind, inputs or {})


@dataclass
class World:
    """Something that holds until it is sabotaged; counts what was done to it."""

    broken: bool = False
    tried: int = 0
    sabotaged: int = 0
    seen: list[str] = field(default_factory=list)

    def look(self, _env: Environment) -> Verdict:
        """The experiment."""
        self.tried += 1
        return refuted("it is broken") if self.broken else proven("it holds")

    @contextmanager
    def sabotage(self, _env: Environment) -> Iterator[None]:
        """Break it; whole again when left."""
        self.sabotaged += 1
        self.broken = True
        try:
            yield
        finally:
            self.broken = False

    def item(self, effect: Effect = Effect.PROBE) -> Trial:
        """An item with this experiment and this control."""
        return Trial((experiment(self.look, effect=effect),), (control(self.sabotage),))

    def progress(self, name: str, what: str) -> None:
        """Take down what was told."""
        self.seen.append(f"{name}: {what}")
