"""Which place a command works on: that of the project, or with `--applied` what `uz up` applied."""

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uz.operations.place import Place


def place_for(arguments: argparse.Namespace) -> "Place":
    """The place that the common options choose. Raises UzError."""
    from uz.operations.applied import chosen_place

    return chosen_place(arguments.project, arguments.environment, arguments.applied)
