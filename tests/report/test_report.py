from datetime import datetime, timedelta

import pytest
from tests.items import NOON, Trial, evidence, experiment

from uz.evidence import Effect, Evidence
from uz.operations.prove import Tried
from uz.report import Report, assembled
from uz.verdict import State, Verdict, declared, inapplicable, proven, refuted, unknown

ONE = Trial((experiment(proven("")),), id="trial.one")
TWO = Trial((experiment(proven(""), "first"), experiment(proven(""), "second", Effect.DISRUPT)))
INPUTS = {"config:edge": "1", "version:nginx": "1.22.1"}


def report(
    *stored: Evidence,
    items: tuple[Trial, ...] = (ONE,),
    inputs: dict[str, str] | None = None,
    now: datetime = NOON,
    controls: tuple[Tried, ...] = (),
) -> Report:
    """A report from this evidence."""
    return assembled(
        "shop",
        "production",
        "production",
        items,
        lambda item: tuple(one for one in stored if one.item == item),
        lambda _names: inputs or {},
        now,
        controls,
    )


def of_one(verdict: Verdict) -> Evidence:
    return evidence(verdict, item="trial.one", inputs=INPUTS)


def tried(held: bool) -> Tried:
    return Tried("trial.one", "broken", "broken on purpose", held, "because")


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (proven("yes"), 0),
        (inapplicable("no database"), 0),
        (Verdict(State.WAIVED, "until May"), 0),
        (refuted("no"), 1),
        (declared("the files say so"), 1),
        (Verdict(State.MISSING, "not there"), 1),
        (unknown("timeout"), 3),
    ],
    ids=lambda value: value.state if isinstance(value, Verdict) else str(value),
)
def test_the_exit_code_follows_the_state(verdict: Verdict, code: int) -> None:
    assert report(of_one(verdict), inputs=INPUTS).exit_code == code


def test_a_failure_beside_something_unknown_is_a_failure() -> None:
    items = (Trial((experiment(proven("")),), id="a"), Trial((experiment(proven("")),), id="b"))
    stored = (evidence(refuted("no"), item="a"), evidence(unknown("?"), item="b"))
    assert report(*stored, items=items).exit_code == 1


def test_no_items_at_all_is_undecided() -> None:
    assert report(items=()).exit_code == 3


@pytest.mark.parametrize(("held", "code"), [((True, True), 0), ((True, False), 1)])
def test_a_control_that_was_missed_is_not_ready(held: tuple[bool, ...], code: int) -> None:
    controls = tuple(map(tried, held))
    assert report(of_one(proven("yes")), inputs=INPUTS, controls=controls).exit_code == code


def test_an_item_without_experiments_is_unknown_and_never_ready() -> None:
    found = report(items=(Trial(),))
    assert found.results[0].verdict.state is State.UNKNOWN
    assert found.exit_code == 3


def test_no_evidence_is_never_a_pass_and_says_which_command_tries_it() -> None:
    found = report(items=(TWO,))
    verdict = found.results[0].verdict
    assert verdict.state is State.DECLARED
    assert verdict.reason == (
        "never tried (`uz rehearse` does): second; never tried (`uz prove` does): first"
    )
    assert found.exit_code == 1


def test_evidence_of_one_experiment_does_not_speak_for_the_other() -> None:
    (result,) = report(evidence(proven("yes"), "first"), items=(TWO,)).results
    assert result.verdict.state is State.DECLARED
    assert [one.experiment for one in result.evidence] == ["first"]


def test_evidence_of_an_experiment_that_is_no_more_does_not_count() -> None:
    (result,) = report(evidence(proven("yes"), "removed"), items=(TWO,)).results
    assert result.evidence == ()
    assert result.verdict.state is State.DECLARED


def test_the_worst_experiment_decides() -> None:
    stored = (evidence(proven("yes"), "first"), evidence(refuted("no"), "second"))
    (result,) = report(*stored, items=(TWO,)).results
    assert (result.verdict.state, result.verdict.reason) == (State.REFUTED, "no")


@pytest.mark.parametrize("verdict", [proven("yes"), refuted("no"), unknown("?")])
@pytest.mark.parametrize(
    ("inputs", "days", "because"),
    [
        (INPUTS | {"config:edge": "2"}, 0, "tries: changed since: config:edge"),
        (INPUTS | {"version:nginx": "1.26.0"}, 0, "tries: changed since: version:nginx"),
        ({"version:nginx": "1.22.1"}, 0, "tries: changed since: config:edge"),
        (INPUTS, 8, "tries: taken 8 days ago, counts for 7"),
        (INPUTS, -1, "tries: taken in the future: check the clock"),
    ],
)
def test_stale_evidence_is_declared_and_says_why(
    verdict: Verdict, inputs: dict[str, str], days: int, because: str
) -> None:
    found = report(of_one(verdict), inputs=inputs, now=NOON + timedelta(days=days))
    (result,) = found.results
    assert (result.verdict.state, result.verdict.reason) == (State.DECLARED, because)
    assert found.exit_code == 1


def test_evidence_counts_until_the_last_moment_of_its_time() -> None:
    found = report(of_one(proven("yes")), inputs=INPUTS, now=NOON + timedelta(days=7))
    assert found.exit_code == 0


def test_each_item_is_asked_for_its_own_inputs() -> None:
    asked: list[tuple[str, ...]] = []

    def inputs(names: tuple[str, ...]) -> dict[str, str]:
        asked.append(names)
        return {}

    items = (Trial(inputs=("edge", "[network]")), Trial(inputs=("web",)))
    assembled("shop", "production", "production", items, lambda _item: (), inputs, NOON)
    assert asked == [("edge", "[network]"), ("web",)]
