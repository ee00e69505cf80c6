import pytest
from tests.items import NOON, Trial, evidence

from uz.evidence import Evidence
from uz.operations.prove import Tried
from uz.report import ItemResult, Report
from uz.report.terminal import COLOURS, advice, item_rows, summary
from uz.verdict import State, Verdict, declared, proven, refuted, unknown


def result(verdict: Verdict, *seen: Evidence) -> ItemResult:
    return ItemResult(Trial(), verdict, seen)


def report(*results: ItemResult, held: tuple[bool, ...] = (), kind: str = "production") -> Report:
    controls = tuple(Tried("trial.holds", "broken", "breaks it", one, "because") for one in held)
    return Report("shop", "production", kind, NOON, results, controls)


def test_every_state_has_a_colour() -> None:
    assert set(COLOURS) == set(State)


def test_a_row_is_the_item_its_state_and_what_decided_it() -> None:
    rows = item_rows(report(result(refuted("no HSTS")), result(declared("never tried"))))
    assert rows == [
        ("trial.holds", "refuted", "no HSTS"),
        ("trial.holds", "declared", "never tried"),
    ]


def test_a_proven_item_shows_what_each_experiment_saw() -> None:
    seen = (evidence(proven("A+")), evidence(proven("12 ms"), "times"))
    assert item_rows(report(result(proven("both"), *seen))) == [
        ("trial.holds", "proven", "A+"),
        ("", "", "12 ms"),
    ]


@pytest.mark.parametrize(("kind", "note"), [("production", " (rehearsed)"), ("rehearsal", "")])
def test_what_only_a_rehearsal_saw_is_marked(kind: str, note: str) -> None:
    seen = evidence(proven("A+"), kind="rehearsal")
    assert item_rows(report(result(proven("A+"), seen), kind=kind))[0][2] == f"A+{note}"


def test_only_what_does_not_hold_is_to_be_mended() -> None:
    wrong = (refuted("no"), Verdict(State.MISSING, "not there"))
    fine = (proven("yes"), unknown("?"), declared("said"))
    assert advice(report(*map(result, wrong))) == ["trial.holds: Make it hold."] * 2
    assert advice(report(*map(result, fine))) == []


@pytest.mark.parametrize(
    ("verdicts", "held", "line"),
    [
        ((proven("yes"),), (), "1 of 1 items hold: ready"),
        ((proven("yes"), refuted("no")), (), "1 of 2 items hold: not ready"),
        ((unknown("?"),), (), "0 of 1 items hold: undecided"),
        ((), (), "0 of 0 items hold: undecided"),
        ((proven("yes"),), (True, True), "1 of 1 items hold, 2 of 2 controls held: ready"),
        ((proven("yes"),), (True, False), "1 of 1 items hold, 1 of 2 controls held: not ready"),
    ],
)
def test_the_last_line_says_whether_that_is_ready(
    verdicts: tuple[Verdict, ...], held: tuple[bool, ...], line: str
) -> None:
    assert summary(report(*map(result, verdicts), held=held)) == line
