from datetime import UTC, datetime, timedelta

import pytest
from tests.places import Projects

from uz.backups.drilled import HISTORY, KEPT, Drilled
from uz.backups.finding import Finding
from uz.operations.drill_history import drill_notes, history, remember
from uz.operations.place import Place

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
HELD, WRONG = Finding("point", True, "as recorded"), Finding("point", False, "2 rows are missing")


@pytest.fixture
def place(projects: Projects) -> Place:
    made = projects.applied(database={}, backups={})
    made.layout.repositories.mkdir(parents=True)
    return made


def one(
    days: float, seconds: float = 10.0, rpo: float | None = None, *, held: bool = True
) -> Drilled:
    """A drill of so many days ago."""
    return Drilled(
        NOW - timedelta(days=days), "cafe", "F1", "uz-1",
        {"fetch": seconds - 1, "up": 1.0, "check": 90.0}, rpo, (HELD if held else WRONG,), True,
    )  # fmt: skip


def told(place: Place, *drills: Drilled) -> tuple[str, ...]:
    """What the status says after these."""
    for each in drills:
        remember(place.layout, each)
    return drill_notes(place.layout, NOW)


def test_without_any_nothing_is_said(place: Place, projects: Projects) -> None:
    assert told(place) == ()
    assert drill_notes(projects.place("other").layout) == ()


def test_they_are_remembered_in_order(place: Place) -> None:
    drills = (one(14), one(7, held=False), one(0, rpo=2.5))
    told(place, *drills)
    assert history(place.layout) == drills


def test_nobody_else_may_read_them(place: Place) -> None:
    told(place, one(0))
    assert (place.layout.repositories / HISTORY).stat().st_mode & 0o777 == 0o600


def test_only_so_many_are_kept(place: Place) -> None:
    path = place.layout.repositories / HISTORY
    path.write_text("\n".join(one(number).line() for number in range(KEPT, 0, -1)))
    told(place, one(0))
    known = history(place.layout)
    assert len(known) == KEPT
    assert (known[0], known[-1]) == (one(KEPT - 1), one(0))


def test_a_damaged_line_costs_no_other(place: Place) -> None:
    told(place, one(7))
    path = place.layout.repositories / HISTORY
    path.write_text(f'{path.read_text()}{{"at": "20\n')
    assert told(place, one(0)) == (
        "drill today: all came back in 10 s (before: 10 s)",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("days", "when"),
    [(0, "today"), (0.99, "today"), (1, "yesterday"), (1.9, "yesterday"), (9, "9 days ago")],
)
def test_it_is_said_when_the_last_one_was(place: Place, days: float, when: str) -> None:
    assert told(place, one(days)) == (f"drill {when}: all came back in 10 s",)


def test_what_would_be_lost_and_how_it_went_before_is_said(place: Place) -> None:
    drills = [one(7 * week, 10 + week, held=week != 2) for week in range(7, 0, -1)]
    assert told(place, *drills, one(0, 12, 2.5)) == (
        "drill today: all came back in 12 s (before: 15 s, 14 s, 13 s, failed, 11 s),"
        " 2.5 s of changes would have been lost",
    )


def test_one_that_did_not_hold_says_what_was_wrong(place: Place) -> None:
    assert told(place, one(7), one(1, held=False)) == (
        "the drill of yesterday did not hold: point: 2 rows are missing",
    )
    assert told(place, Drilled(NOW, stopped="no disk", findings=(WRONG,))) == (
        "the drill of today did not hold: no disk",
    )


def test_one_that_compared_nothing_did_not_hold(place: Place) -> None:
    assert told(place, Drilled(NOW)) == ("the drill of today did not hold: no data",)
