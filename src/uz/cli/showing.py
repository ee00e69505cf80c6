"""Printing a report."""

from uz.cli.screen import Screen
from uz.report import Report
from uz.report.terminal import COLOURS, advice, item_rows, summary
from uz.verdict import State


def show(screen: Screen, report: Report) -> None:
    """Print the table of items, the controls that missed, and what to do next."""
    rows = [
        (item, screen.paint(state, COLOURS[State(state)]) if state else "", reason)
        for item, state, reason in item_rows(report)
    ]
    screen.table(("ITEM", "STATE".ljust(12), "BECAUSE"), rows)
    for control in report.controls:
        if not control.held:
            screen.line(f"missed: {control.item}/{control.control}: {control.reason}")
    for line in advice(report):
        screen.note(f"to mend {line}")
    screen.line(summary(report))
