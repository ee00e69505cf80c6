"""`uz backup policy`."""

import argparse

from uz.cli.screen import Screen

IDENTITIES = ("adder", "reader", "retention")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz backup policy`."""
    parser.add_argument(
        "identity",
        nargs="?",
        choices=IDENTITIES,
        default=IDENTITIES[0],
        help="whose: adder is this machine, reader restores elsewhere, retention removes what is"
        " old and is never on the machine (default: adder)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a policy to give to an identity of the store."""
    import json

    from uz.cli.placing import place_for
    from uz.operations.backups_of import policy_of

    policy = policy_of(place_for(arguments), arguments.identity)
    Screen(quiet=arguments.quiet).line(json.dumps(policy, indent=2))
    return 0
