"""`uz explain`."""

import argparse
import inspect

from uz.cli.screen import Screen


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz explain`."""
    from uz.cli.choosing import add_items

    add_items(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what an item means, how it is tried and broken, and how to mend it."""
    from uz.cli.choosing import chosen

    screen = Screen()
    for item in chosen(arguments.items):
        screen.line(screen.paint(item.id, "bold") + f": {item.line}\n")
        screen.line(inspect.getdoc(item) or "")
        screen.line("\nExperiments (what each does to users):")
        for experiment in item.experiments:
            screen.line(f"  {experiment.name:<20} {experiment.effect.value:<8} {experiment.line}")
        screen.line("\nNegative controls (in rehearsals only; the experiment must go red):")
        for control in item.controls:
            screen.line(f"  {control.name:<20} {control.catches:<14} {control.line}")
        screen.line(f"\nEvidence counts for {item.max_age.days} days, while these do not change:"
                    f" {', '.join(item.inputs)}.")  # fmt: skip
        screen.line(f"To mend: {item.fix}\n")
    return 0
