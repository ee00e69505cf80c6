from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from uz.backups.backup import Backup, BackupKind
from uz.backups.retention import Kept, Log, WalRange, kept, log_for
from uz.backups.wal import name_of
from uz.spec.backups import Keep

BEGIN = datetime(2026, 1, 5, 3, 17, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)


def made(place: int, ended: datetime, *needs: str) -> Backup:
    kind = BackupKind.DIFFERENTIAL if needs else BackupKind.FULL
    wal = name_of(1, 10 * place + 1), name_of(1, 10 * place + 2)
    return Backup(f"b{place:03}", kind, ended, ended, needs, *wal, 1, 1, "7", 15)


def daily(days: int, *, full: int = 7) -> list[Backup]:
    """One a day, a full one once a week, the others build on it."""
    return [
        made(day, BEGIN + day * DAY, *([f"b{day - day % full:03}"] if day % full else []))
        for day in range(days)
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[Backup]:
    gaps = draw(st.lists(st.integers(1, 24 * 40), min_size=1, max_size=40))
    found: list[Backup] = []
    at, full = BEGIN, ""
    for place, hours in enumerate(gaps):
        at += timedelta(hours=hours)
        begin = not full or draw(st.booleans())
        found.append(made(place, at, *([] if begin else [full])))
        full = found[-1].label if begin else full
    return found


KEEPS = st.builds(
    Keep, daily=st.integers(1, 10), weekly=st.integers(0, 6), monthly=st.integers(0, 6)
)
WINDOWS = st.integers(0, 24 * 60).map(lambda hours: timedelta(hours=hours))
LATER = st.integers(0, 24 * 4000).map(lambda hours: timedelta(hours=hours))


@given(histories(), KEEPS, WINDOWS, LATER)
def test_no_backup_goes_that_a_kept_one_needs_and_the_newest_never_does(
    backups: list[Backup], keep: Keep, pitr: timedelta, later: timedelta
) -> None:
    stays = kept(backups, keep, pitr, backups[-1].ended + later)
    assert backups[-1].label in stays.labels
    assert stays.window <= stays.labels <= {one.label for one in backups}
    for one in backups:
        if one.label in stays.labels:
            assert set(one.needs) <= stays.labels


@given(histories(), KEEPS, WINDOWS, LATER)
def test_every_moment_of_the_window_stays_reachable_with_its_log(
    backups: list[Backup], keep: Keep, pitr: timedelta, later: timedelta
) -> None:
    newest = backups[-1].ended
    stays = kept(backups, keep, pitr, newest + later)
    log = log_for(backups, stays)
    begins = newest - pitr
    staying = [one for one in backups if one.label in stays.labels]
    if backups[0].ended <= begins:
        before = [one for one in staying if one.ended <= begins]
        assert before, "nothing to begin from"
        assert before[-1] == [one for one in backups if one.ended <= begins][-1]
        from_here = before[-1].first_wal
    else:
        from_here = backups[0].first_wal
    last = name_of(1, 10**5)
    assert log.holds(from_here)
    assert log.holds(backups[-1].first_wal)
    assert log.holds(last)
    between = [one for one in backups if one.first_wal >= from_here]
    assert all(log.holds(one.first_wal) and log.holds(one.last_wal) for one in between)
    assert all(log.holds(one.first_wal) and log.holds(one.last_wal) for one in staying)


@given(histories(), KEEPS, WINDOWS, LATER, st.randoms())
def test_it_neither_depends_on_the_order_nor_changes_when_done_again(
    backups: list[Backup], keep: Keep, pitr: timedelta, later: timedelta, chance: object
) -> None:
    now = backups[-1].ended + later
    first = kept(backups, keep, pitr, now)
    assert kept(reversed(backups), keep, pitr, now) == first
    left = [one for one in backups if one.label in first.labels]
    assert kept(left, keep, pitr, now).labels == first.labels


@given(histories(), KEEPS, WINDOWS, st.integers(1, 10**5))
def test_a_clock_that_is_ahead_removes_nothing_more(
    backups: list[Backup], keep: Keep, pitr: timedelta, days: int
) -> None:
    newest = backups[-1].ended
    far = kept(backups, keep, pitr, newest + days * DAY)
    assert far == kept(backups, keep, pitr, newest)


@given(histories(), KEEPS, WINDOWS, st.integers(1, 10**4))
def test_a_clock_that_is_behind_keeps_more(
    backups: list[Backup], keep: Keep, pitr: timedelta, hours: int
) -> None:
    newest = backups[-1].ended
    behind = kept(backups, keep, pitr, newest - timedelta(hours=hours))
    assert behind.labels >= kept(backups, keep, pitr, newest).labels


def test_the_newest_of_each_day_week_and_month_stay_with_what_they_build_on() -> None:
    backups = daily(100)
    stays = kept(backups, Keep(daily=3, weekly=2, monthly=3), timedelta(), BEGIN + 99 * DAY)
    wanted = {
        *("b099", "b098", "b097"),  # days
        "b099", "b097",  # weeks end on Sundays: 97 % 7 == 6
        "b085", "b054",  # 14 April, 31 March, 28 February
    }  # fmt: skip
    needed = {f"b{int(one[1:]) - int(one[1:]) % 7:03}" for one in wanted}
    assert stays.labels == wanted | needed


def test_of_two_on_the_same_day_the_later_one_stays() -> None:
    backups = [made(0, BEGIN), made(1, BEGIN + timedelta(hours=5)), made(2, BEGIN + 2 * DAY)]
    stays = kept(backups, Keep(daily=2, weekly=0, monthly=0), timedelta(), BEGIN + 2 * DAY)
    assert stays.labels == {"b001", "b002"}


def test_of_older_backups_only_the_log_that_makes_them_whole_stays() -> None:
    backups = daily(60, full=1)
    stays = kept(backups, Keep(daily=1, weekly=0, monthly=3), 5 * DAY, BEGIN + 59 * DAY)
    assert stays.window == {f"b{day:03}" for day in range(54, 60)}
    log = log_for(backups, stays)
    assert log.holds(name_of(1, 541))
    assert log.holds(name_of(1, 10_000))
    old = sorted(stays.labels - stays.window)
    assert old == ["b026"]
    assert log.holds(name_of(1, 261))
    assert log.holds(name_of(1, 262))
    assert not log.holds(name_of(1, 263))
    assert not log.holds(name_of(1, 540))


def test_log_of_another_timeline_is_judged_by_its_place() -> None:
    log = Log((WalRange(300),))
    assert log.holds(name_of(7, 300))
    assert not log.holds(name_of(7, 299))
    assert log.holds("00000007.history")


def test_without_a_backup_nothing_is_known_to_be_useless() -> None:
    assert kept([], Keep(), DAY, BEGIN) == Kept()
    assert log_for([], Kept()).holds(name_of(1, 0))


def test_the_time_zone_in_which_a_backup_is_told_makes_no_difference() -> None:
    zone = datetime.now().astimezone().tzinfo
    backups = daily(20)
    moved = [replace(one, ended=one.ended.astimezone(zone)) for one in backups]
    now = backups[-1].ended
    assert kept(moved, Keep(), 3 * DAY, now) == kept(backups, Keep(), 3 * DAY, now)
