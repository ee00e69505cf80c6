from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backups.repositories import Made, Paths, an_hour, minutes

from uz.backups.inventory import Found, Inventory
from uz.backups.log_needed import SPARE, MissingLogError
from uz.backups.plan import Plan, plan
from uz.backups.target import LATEST, Target, parse_target, to_point, to_time
from uz.backups.wal import name_of, number_of
from uz.errors import BackupError

NOW = minutes(61)


def planned(
    made: Made | Inventory,
    target: Target = LATEST,
    now: datetime = NOW,
    *,
    everything: bool = False,
) -> Plan:
    inventory = made.inventory() if isinstance(made, Made) else made
    return plan([inventory], target, now, Paths(), everything=everything)


def logs(found: Plan) -> range:
    """The log that a plan fetches, which has no gap."""
    names = [one.removeprefix("database/log/")[:24] for one in found.files if "/log/" in one]
    numbers = sorted({number_of(one) for one in names if "history" not in one})
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    return range(numbers[0], numbers[-1] + 1)


def test_the_latest_takes_the_newest_backup_what_it_needs_and_all_log_since() -> None:
    found = planned(an_hour())
    assert found.backup.label == "diff"
    assert {one for one in found.files if "/backup/" in one} == {
        f"database/backup/{label}/{part}"
        for label in ("full", "diff")
        for part in ("bundle", "manifest")
    }
    assert logs(found) == range(30, 61)
    assert (found.first_wal, found.last_wal) == (name_of(1, 30), name_of(1, 60))
    assert found.reaches == minutes(60)
    assert found.loses == timedelta(minutes=1)
    assert found.size == 4 * 2**20 + 31 * 1000
    assert found.seconds > 0
    assert not found.passed_over


def test_a_time_takes_the_newest_backup_before_it_and_the_log_a_little_beyond() -> None:
    found = planned(an_hour(), to_time(minutes(20.2)))
    assert found.backup.label == "full"
    assert logs(found) == range(1, 21 + SPARE + 1)
    assert found.reaches == minutes(20.2)
    assert found.loses == NOW - minutes(20.2)


def test_where_that_was_not_enough_all_log_is_taken() -> None:
    found = planned(an_hour(), to_time(minutes(20.2)), everything=True)
    assert logs(found) == range(1, 61)


def test_a_backup_by_its_label_takes_the_log_that_it_needs_and_no_more() -> None:
    made = an_hour()
    made.take("20261126-1F", 40)
    found = planned(made, parse_target("20261126-1F"))
    assert logs(found) == range(40, 42)
    assert found.reaches == made.backups[-1].ended


def test_a_restore_point_is_a_time_with_a_name() -> None:
    found = planned(an_hour(), to_point("hourly", minutes(45.5)))
    assert found.backup.label == "diff"
    assert logs(found) == range(30, 46 + SPARE + 1)


def test_before_the_first_backup_the_earliest_is_told() -> None:
    with pytest.raises(BackupError, match=r"before the first backup.*12:01:30 UTC") as error:
        planned(an_hour(), to_time(minutes(1)))
    assert "2026-11-26T12:01:31Z" in error.value.hint


def test_the_end_of_the_first_backup_itself_can_be_reached() -> None:
    assert planned(an_hour(), to_time(minutes(1.5))).backup.label == "full"


def test_the_future_is_refused_and_the_time_is_told() -> None:
    with pytest.raises(BackupError, match=r"is in the future: it is .*13:01:00 UTC"):
        planned(an_hour(), to_time(minutes(62)))


def test_after_the_last_of_the_log_is_refused() -> None:
    with pytest.raises(BackupError, match=r"after the last of the log.*13:00:00 UTC") as error:
        planned(an_hour(), to_time(minutes(60.5)))
    assert "--to latest" in error.value.hint


def test_without_a_backup_there_is_nothing() -> None:
    made = Made()
    made.log(0, 9)
    with pytest.raises(BackupError, match="no backup to restore") as error:
        planned(made)
    assert "uz backup now" in error.value.hint
    with pytest.raises(BackupError, match="no backup"):
        plan([], LATEST, NOW, Paths())


def test_an_unknown_label_is_refused() -> None:
    with pytest.raises(BackupError, match="no backup '20990101F'"):
        planned(an_hour(), parse_target("20990101F"))


@pytest.mark.parametrize("part", ["backup/diff/manifest", "backup/diff/bundle"])
def test_a_backup_that_lacks_a_file_is_passed_over_and_that_is_told(part: str) -> None:
    found = planned(an_hour().without(part))
    assert found.backup.label == "full"
    assert logs(found) == range(1, 61)
    assert part in found.passed_over[0]


def test_a_truncated_file_is_passed_over_too() -> None:
    made = an_hour()
    path = "database/backup/diff/manifest"
    made.files[path] = replace(made.files[path], size=5)
    found = planned(made)
    assert found.backup.label == "full"
    assert "has 5 bytes instead of 1048576" in found.passed_over[0]


def test_where_no_backup_is_whole_each_is_told() -> None:
    with pytest.raises(BackupError, match=r"(?s)diff: .*manifest.*full: .*manifest"):
        planned(an_hour().without("backup/full/manifest"))


def test_a_chosen_backup_that_is_not_whole_is_no_other() -> None:
    made = an_hour()
    made.take("20261126-1F", 40)
    with pytest.raises(BackupError, match="20261126-1F: .* is missing"):
        planned(made.without("20261126-1F/bundle"), parse_target("20261126-1F"))


def test_a_gap_in_the_log_is_told_with_until_when_it_can_be_restored() -> None:
    holed = an_hour().without(name_of(1, 45))
    with pytest.raises(MissingLogError, match=name_of(1, 45)) as error:
        planned(holed)
    assert "2026-11-26T12:44:00" in error.value.hint
    assert error.value.after == minutes(46)
    with pytest.raises(MissingLogError, match=name_of(1, 45)):
        planned(holed, to_time(minutes(50)))


def test_before_a_gap_all_can_be_reached() -> None:
    holed = an_hour().without(name_of(1, 45))
    assert logs(planned(holed, to_time(minutes(43.5)))) == range(30, 45)
    assert logs(planned(holed, to_time(minutes(43.5)), everything=True)) == range(30, 45)


def test_a_gap_behind_an_older_backup_does_no_harm_to_a_newer_one() -> None:
    holed = an_hour().without(name_of(1, 20))
    assert logs(planned(holed)) == range(30, 61)
    with pytest.raises(MissingLogError):
        planned(holed, to_time(minutes(25)))


def test_a_backup_whose_own_log_is_missing_is_passed_over() -> None:
    made = an_hour()
    holed = made.without(name_of(1, 31))
    with pytest.raises(MissingLogError):  # the gap is in the way of the older backup as well
        planned(holed)
    found = planned(holed, to_time(minutes(29)))
    assert found.backup.label == "full"


def test_after_a_failover_the_log_goes_on_on_the_next_timeline() -> None:
    made = an_hour()
    made.log(60, 70, timeline=2)
    made.files["database/log/00000002.history-x"] = Found(50, minutes(61))
    found = planned(made, now=minutes(71))
    assert logs(found) == range(30, 71)
    assert found.last_wal == name_of(2, 70)
    assert "database/log/00000002.history-x" in found.files


def test_of_several_repositories_the_newest_that_goes_back_far_enough_counts() -> None:
    old, new = an_hour(), Made("new")
    new.log(55, 60)
    new.take("second", 55)
    both = [new.inventory(), old.inventory()]
    assert plan(both, LATEST, NOW, Paths()).repository == "new"
    assert plan(both, to_time(minutes(58)), NOW, Paths()).repository == "new"
    assert plan(both, to_time(minutes(40)), NOW, Paths()).repository == "cafe"
    with pytest.raises(BackupError, match="12:01:30 UTC"):
        plan(both, to_time(minutes(0.2)), NOW, Paths())


def test_a_damaged_catalog_is_told_with_the_plan() -> None:
    found = planned(replace(an_hour().inventory(), damaged=("catalogs/x.json: cut off",)))
    assert "catalogs/x.json" in found.passed_over[0]


@given(st.sets(st.integers(0, 60), max_size=3), st.floats(1.6, 60.9, allow_nan=False))
def test_whatever_is_missing_a_plan_is_whole_or_refused(gone: set[int], moment: float) -> None:
    made = an_hour()
    lost = {f"database/log/{name_of(1, number)}-x" for number in gone}
    files = {path: one for path, one in made.files.items() if path not in lost}
    inventory = replace(made.inventory(), files=files)
    for target in (LATEST, to_time(minutes(moment))):
        for everything in (False, True):
            try:
                found = planned(inventory, target, everything=everything)
            except BackupError:
                continue
            assert found.files.keys() <= files.keys()
            needed = logs(found)
            assert needed[0] == number_of(found.backup.first_wal)
            assert needed[-1] >= number_of(found.backup.last_wal)
            if target.at:
                assert found.backup.ended <= target.at
                assert files[f"database/log/{name_of(1, needed[-1])}-x"].at >= target.at


def test_what_was_written_last_to_a_repository_without_a_backup_is_told() -> None:
    made = an_hour()
    newer = Inventory(
        "new", (), {"database/log/x": Found(1, minutes(60.5))}, unused="new: none yet"
    )
    older = replace(newer, files={"database/log/x": Found(1, minutes(3))})
    found = plan([made.inventory(), newer], LATEST, NOW, Paths())
    assert found.passed_over == (
        "new: none yet, and what was written until 2026-11-26 13:00:30 UTC is in it",
    )
    assert not plan([made.inventory(), older], LATEST, NOW, Paths()).passed_over
    assert not plan([made.inventory(), newer], to_time(minutes(50)), NOW, Paths()).passed_over
