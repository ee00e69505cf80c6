import json
from datetime import date

import pytest

from uz.operations.scanned import Scanned
from uz.scanning.baseline import Accepted, Judged
from uz.scanning.finding import Finding, Gap, Kind, Looked, Spot
from uz.scanning.patterns import Leak

FOUND = Finding("key", "plain", Spot(Kind.VARIABLE, "process 7 (app)", pid=7, variable="A"), 2)
LEAK = Leak("aws", "a key", "a.py", 3, "", "a.py:aws:3")
ENTRY = Accepted("a.py:aws:3", "an example", date(2030, 1, 1), 1)
MINOR, GAP = Gap("processes", "of others", minor=True), Gap("a.py", "Permission denied")


def scanned(
    *found: Finding, new: tuple[Leak, ...] = (), gaps: tuple[Gap, ...] = (), short: str = ""
) -> Scanned:
    """The outcome of a search that found these."""
    return Scanned(found, Judged(new), gaps, {}, too_short=(short,) if short else ())


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (scanned(), 0),
        (scanned(gaps=(MINOR,)), 0),
        (scanned(gaps=(MINOR, GAP)), 3),
        (scanned(short="pin"), 3),
        (scanned(FOUND), 1),
        (scanned(new=(LEAK,)), 1),
        (scanned(FOUND, new=(LEAK,), gaps=(GAP,)), 1),
        (Scanned((), Judged(accepted=((LEAK, ENTRY),)), (), {}, (FOUND,), (FOUND,)), 0),
    ],
)
def test_what_was_found_comes_first_and_what_was_not_seen_is_never_a_pass(
    outcome: Scanned, code: int
) -> None:
    assert outcome.exit_code == code


def test_json_has_all_of_it() -> None:
    judged = Judged((LEAK,), ((LEAK, ENTRY),), (ENTRY,), (ENTRY,))
    places = {"work tree": Looked(things=3, size=10, seconds=0.12345)}
    form = Scanned((FOUND,), judged, (GAP,), places, values=4).as_json()
    assert json.loads(json.dumps(form)) == {
        "format": 1,
        "clean": False,
        "values": 4,
        "findings": [
            {"secret": "key", "form": "plain", "times": 2, "place": "process 7 (app)",
             "kind": "variable", "pid": 7, "variable": "A"}
        ],
        "allowed": [],
        "closed": [],
        "replaced": [],
        "accepted_versions": [],
        "patterns": [
            {"rule": "aws", "what": "a key", "file": "a.py", "line": 3, "commit": "",
             "fingerprint": "a.py:aws:3"}
        ],
        "accepted": [
            {"rule": "aws", "what": "a key", "file": "a.py", "line": 3, "commit": "",
             "fingerprint": "a.py:aws:3", "reason": "an example", "expires": "2030-01-01"}
        ],
        "expired": ["a.py:aws:3"],
        "stale": ["a.py:aws:3"],
        "too_short": [],
        "gaps": [{"what": "a.py", "why": "Permission denied", "minor": False}],
        "places": {"work tree": {"things": 3, "bytes": 10, "seconds": 0.123}},
    }  # fmt: skip
