"""A report as lines for people: a table of items, each with its decisive figure or reason."""

from uz.report.report import ItemResult, Report
from uz.verdict import State

COLOURS = {
    State.PROVEN: "green",
    State.WAIVED: "green",
    State.INAPPLICABLE: "dim",
    State.DECLARED: "yellow",
    State.UNKNOWN: "yellow",
    State.REFUTED: "red",
    State.MISSING: "red",
}


def item_rows(report: Report) -> list[tuple[str, str, str]]:
    """One row for each item: id, state, and what decided it."""
    return [
        (result.item.id, result.verdict.state.value, _decisive(result, report.kind))
        for result in report.results
    ]


def _decisive(result: ItemResult, kind: str) -> str:
    if result.verdict.state is not State.PROVEN:
        return result.verdict.reason
    reasons = "; ".join(one.verdict.reason for one in result.evidence)
    borrowed = kind != "rehearsal" and any(one.rehearsed for one in result.evidence)
    return reasons + (" (from a rehearsal)" if borrowed else "")


def advice(report: Report) -> list[str]:
    """What to do about the items that do not hold."""
    return [
        f"{result.item.id}: {result.item.fix}"
        for result in report.results
        if result.verdict.state in {State.REFUTED, State.MISSING}
        or any(one.verdict.state is State.DECLARED for one in result.evidence)
    ]


def summary(report: Report) -> str:
    """The last line: how many hold of those that apply, and whether that means ready."""
    applying = [one for one in report.results if one.verdict.state is not State.INAPPLICABLE]
    holds = sum(one.verdict.state.ready for one in applying)
    controls = ""
    if report.controls:
        held = sum(control.held for control in report.controls)
        controls = f", {held} of {len(report.controls)} controls held"
    ready = {0: "ready", 1: "not ready", 3: "undecided"}[report.exit_code]
    return f"{holds} of {len(applying)} items hold{controls}: {ready}"
