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
    """Rows for each item: id, state and what decided it, which may go on in rows below."""
    rows = []
    for result in report.results:
        first, *more = _decisive(result, report.kind)
        rows.append((result.item.id, result.verdict.state.value, first))
        rows += [("", "", reason) for reason in more]
    return rows


def _decisive(result: ItemResult, kind: str) -> list[str]:
    """What one item rests on: of a proven one, what each experiment saw."""
    if result.verdict.state is not State.PROVEN or not result.evidence:
        return [result.verdict.reason]
    return [
        one.verdict.reason + (" (rehearsed)" if one.rehearsed and kind != "rehearsal" else "")
        for one in result.evidence
    ]


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
