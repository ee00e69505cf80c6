import pytest
from tests.backups.repositories import Paths, an_hour, minutes

from uz.backups.log_needed import SPARE, MissingLogError, last_needed, stored
from uz.backups.target import LATEST, Target, parse_target, to_time
from uz.backups.wal import name_of
from uz.errors import BackupError

MADE = an_hour()
INVENTORY, FULL = MADE.inventory(), MADE.backups[0]


def needed(target: Target, *, everything: bool = False) -> int:
    log = INVENTORY.log(Paths())
    return last_needed(INVENTORY, log, FULL, target, everything=everything)


@pytest.mark.parametrize(
    ("target", "last"),
    [
        (LATEST, 60),
        (parse_target("20261126-1F"), 2),
        (to_time(minutes(1.5)), 2 + SPARE),
        (to_time(minutes(20)), 21 + SPARE),
        (to_time(minutes(59.5)), 60),
    ],
)
def test_no_more_of_the_log_is_needed_than_the_target_asks_for(target: Target, last: int) -> None:
    assert needed(target) == last


def test_all_of_it_is_taken_where_that_is_asked_for() -> None:
    assert needed(to_time(minutes(20)), everything=True) == 60


def test_a_moment_after_the_last_is_refused() -> None:
    with pytest.raises(BackupError, match="after the last of the log"):
        needed(to_time(minutes(61)))


def test_a_gap_is_told_with_its_name_and_when_the_next_one_came() -> None:
    holed = MADE.without(name_of(1, 10))
    log = holed.log(Paths())
    with pytest.raises(MissingLogError, match=name_of(1, 10)) as error:
        last_needed(holed, log, FULL, LATEST)
    assert error.value.after == minutes(11)
    assert last_needed(holed, log, FULL, to_time(minutes(8)), everything=True) == 9


def test_of_two_timelines_the_later_time_counts() -> None:
    made = an_hour()
    made.log(60, 60, timeline=2, late=5)
    inventory = made.inventory()
    assert stored(inventory, inventory.log(Paths()), 60) == minutes(65)
