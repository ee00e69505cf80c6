"""`uz secrets scan`."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from uz.cli.screen import Screen, harmless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uz.operations.scanned import Scanned
    from uz.scanning.finding import Finding

MOST = 200
"""Lines of one kind that are shown; `--json` has them all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `uz secrets scan`."""
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="what was accepted (default: .uz-secrets-baseline.toml in the project)",
    )
    parser.add_argument(
        "--no-history", dest="history", action="store_false", help="leave the git history out"
    )


def run(arguments: argparse.Namespace) -> int:
    """Look for secrets; exit code 1 when there are some, 3 when not all could be looked at."""
    from uz.checklist.secrecy.known import known
    from uz.checklist.secrecy.older import outdated, superseded
    from uz.checklist.secrecy.readers import named_readers, nobody
    from uz.operations.place import place_of
    from uz.operations.reaching import reached
    from uz.operations.scan_secrets import scan
    from uz.targets.local.state import read_state

    screen = Screen(quiet=arguments.quiet or arguments.json)
    place = place_of(arguments.project, arguments.environment)
    env, there = place.environment, read_state(place.layout) is not None
    if there and place.spec.secrets.embedded:
        reached(place, "secrets scan", screen.step)
    scanned = scan(
        place,
        known(env) if there else {},
        progress=screen.step,
        closed=outdated(env) if there else {},
        superseded=superseded(env) if there else {},
        allowed=named_readers(env) if there else nobody,
        history=arguments.history,
        baseline=arguments.baseline,
    )
    if arguments.json:
        screen.line(json.dumps(scanned.as_json(), indent=1))
    else:
        _show(screen, scanned)
    return scanned.exit_code


def _show(screen: Screen, scanned: "Scanned") -> None:
    if not scanned.values:
        screen.line("This environment was never brought up: only patterns were looked for.")
    _table(screen, ("SECRET", "FORM", "PLACE"), _rows(scanned.findings))
    if scanned.older:
        screen.line(
            "(version …) is an older value: have it revoked where it comes from, then accept it in"
            " the baseline by this name."
        )
    new = [(one.rule, one.fingerprint, str(one)) for one in scanned.patterns.new]
    _table(screen, ("LOOKS LIKE", "FINGERPRINT", "PLACE"), new)
    for one in scanned.patterns.expired:
        screen.line(f"accepted until {one.expires}, no longer: {harmless(one.fingerprint)}")
    for one in scanned.patterns.stale:
        screen.line(f"accepted, and no longer there: {harmless(one.fingerprint)}")
    for gap in scanned.gaps[:MOST]:
        screen.line(f"not looked at: {harmless(str(gap))}")
    for name in scanned.too_short:
        screen.line(f"too short to be looked for: {name}")
    _counts(screen, scanned)
    words = {0: ("clean", "green"), 1: ("secrets were found", "red")}
    screen.line(screen.paint(*words.get(scanned.exit_code, ("undecided", "yellow"))))


def _rows(findings: "tuple[Finding, ...]") -> list[tuple[str, ...]]:
    """One line for each secret and place, with all the forms it has there."""
    rows: dict[tuple[str, str], list[str]] = {}
    for one in findings:
        rows.setdefault((one.secret, str(one.spot)), []).append(one.form)
    return [(secret, ", ".join(forms), spot) for (secret, spot), forms in rows.items()]


def _table(screen: Screen, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    if rows:
        shown = [tuple(map(harmless, row)) for row in rows[:MOST]]
        screen.table(header, shown)
        if len(rows) > MOST:
            screen.line(f"and {len(rows) - MOST} more: --json has them all")
        screen.line()


def _counts(screen: Screen, scanned: "Scanned") -> None:
    """How much was looked at, and what was found where it may be."""
    size = sum(one.size for one in scanned.places.values())
    seconds = sum(one.seconds for one in scanned.places.values())
    if seconds:
        things = sum(one.things for one in scanned.places.values())
        screen.line(
            f"{scanned.values} values looked for in {things} things,"
            f" {size / 1e6:.1f} MB at {size / seconds / 1e6:.0f} MB/s"
        )
    for count, what in (
        (len(scanned.patterns.accepted), "accepted by the baseline"),
        (len(scanned.allowed), "in the environment of a reader that uz.toml names"),
        (len(scanned.closed), "in history only, rotated and refused since"),
        (len(scanned.replaced), "in history only, replaced since: nothing of Uz's opens with it"),
        (len(scanned.accepted_versions), "in history only, older and accepted by the baseline"),
    ):
        if count:
            screen.line(f"{count} {what}")
