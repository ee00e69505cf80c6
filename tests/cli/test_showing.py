import sys

import pytest
from tests.items import NOON, Trial

from uz.cli.screen import Screen
from uz.cli.showing import show
from uz.operations.prove import Tried
from uz.report import ItemResult, Report
from uz.verdict import State, Verdict, proven, refuted


def report(*verdicts: Verdict, controls: tuple[Tried, ...] = ()) -> Report:
    results = tuple(ItemResult(Trial(), verdict, ()) for verdict in verdicts)
    return Report("shop", "production", "production", NOON, results, controls)


def test_a_report_is_a_table_with_advice_and_a_last_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(Screen(), report(refuted("no HSTS")))
    assert capsys.readouterr().out.splitlines() == [
        "ITEM         STATE         BECAUSE",
        "trial.holds  refuted       no HSTS",
        "to mend trial.holds: Make it hold.",
        "0 of 1 items hold: not ready",
    ]


def test_a_control_that_missed_is_named_and_one_that_held_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    controls = (
        Tried("trial.holds", "weak", "weakens it", True, "went red"),
        Tried("trial.holds", "off", "turns it off", False, "stayed green"),
    )
    show(Screen(quiet=True), report(proven("yes"), controls=controls))
    printed = capsys.readouterr().out
    assert "missed: trial.holds/off: stayed green\n" in printed
    assert "trial.holds/weak" not in printed
    assert printed.endswith("1 of 1 items hold, 1 of 2 controls held: not ready\n")


def test_every_state_can_be_shown_in_colour_and_in_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    verdicts = [Verdict(state, f"because {state}") for state in State]
    show(Screen(), report(*verdicts))
    plain = capsys.readouterr().out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    show(Screen(), report(*verdicts))
    coloured = capsys.readouterr().out
    assert coloured != plain
    for code in ("2", "31", "32", "33", "0"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == plain
