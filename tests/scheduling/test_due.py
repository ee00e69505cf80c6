"""The laws of being due, for any schedule, environment and clock."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.scheduling.stand import NOON, ended

from uz.scheduling.due import (
    MOST,
    SHARE,
    due_at,
    jitter,
    last_counted,
    overdue,
    repeats,
    scheduled,
    waits_for,
)
from uz.scheduling.job import Job
from uz.scheduling.run import Outcome, Run

DAY = timedelta(days=1)
SCHEDULES = st.sampled_from(
    ["17 3 * * *", "7 * * * *", "41 4 * * 0", "23 5 3 * *", "*/5 * * * *", "0 0 29 2 *",
     "* * * * *", "0 0 * * 1-5", "30 2 L * *", "1,59 */7 1-7 * *"]
)  # fmt: skip
MOMENTS = st.datetimes(
    min_value=datetime(2024, 1, 1), max_value=datetime(2032, 1, 1), timezones=st.just(UTC)
)
NAMES = st.text("abcdefgh/", min_size=1, max_size=12)
WITHIN = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=400))


def job(schedule: str = "17 3 * * *", name: str = "backup", after: tuple[str, ...] = ()) -> Job:
    return Job(name, schedule, 60.0, ("true",), after)


def simulated(of: str, one: Job, moments: Sequence[datetime], runs: Sequence[Run]) -> list[Run]:
    """Look at each moment, and run what is due in no time."""
    found = list(runs)
    for now in moments:
        if due_at(of, one, found, now) <= now:
            found.append(ended(one.name, now))
    return found[len(runs) :]


@given(SCHEDULES, MOMENTS, NAMES)
def test_jitter_is_bounded_and_always_the_same(schedule: str, moment: datetime, of: str) -> None:
    one = job(schedule)
    (slot, following) = scheduled(schedule, moment, 2)
    late = jitter(of, one, slot)
    assert late == jitter(of, one, slot)
    assert timedelta() <= late <= MOST
    assert late <= (following - slot) * SHARE


def test_environments_and_jobs_do_not_begin_in_the_same_second() -> None:
    (slot,) = scheduled("17 3 * * *", NOON)
    found = {jitter(f"shop/{n}", job(name=name), slot) for n in range(20) for name in ("a", "b")}
    assert len(found) == 40
    assert max(found) - min(found) > timedelta(minutes=3)


@given(SCHEDULES, MOMENTS, st.lists(WITHIN, max_size=30), NAMES)
def test_each_scheduled_time_leads_to_one_run_at_most(
    schedule: str, begin: datetime, steps: list[timedelta], of: str
) -> None:
    moments = [begin]
    for step in steps:
        moments.append(moments[-1] + step / 100)
    runs = simulated(of, job(schedule), moments, [ended("backup", begin - timedelta(seconds=1))])
    starts = [begin - timedelta(seconds=1), *(run.started for run in runs)]
    for before, after in zip(starts, starts[1:], strict=False):
        assert scheduled(schedule, before)[0] <= after  # one more scheduled time has passed


@given(SCHEDULES, MOMENTS, WITHIN, NAMES)
def test_after_any_downtime_what_was_missed_is_made_up_for_exactly_once(
    schedule: str, before: datetime, away: timedelta, of: str
) -> None:
    one, now = job(schedule), before + away
    first = ended("backup", before)
    missed = due_at(of, one, [first], now) <= now
    ticks = [now + timedelta(milliseconds=n) for n in range(5)]
    until = due_at(of, one, [ended("backup", now)], now)
    ticks = [tick for tick in ticks if tick < until]
    assert len(simulated(of, one, ticks, [first])) == (1 if missed and ticks else 0)
    (slot,) = scheduled(schedule, before)
    assert missed == (slot + jitter(of, one, slot) <= now)


@given(SCHEDULES, MOMENTS, NAMES)
def test_what_never_ran_is_due_at_once(schedule: str, now: datetime, of: str) -> None:
    assert due_at(of, job(schedule), [], now) <= now


@given(SCHEDULES, MOMENTS, st.lists(st.integers(-4000, 4000), max_size=12), NAMES)
def test_a_clock_that_jumps_leads_to_one_run_a_jump_at_most_and_never_to_none(
    schedule: str, begin: datetime, jumps: list[int], of: str
) -> None:
    one, now = job(schedule), begin
    runs = [ended("backup", begin)]
    for days in jumps:
        now += timedelta(days=days) if datetime(1950, 1, 1, tzinfo=UTC) < now + timedelta(
            days=days
        ) < datetime(2150, 1, 1, tzinfo=UTC) else timedelta()  # fmt: skip
        ticks = [now + timedelta(milliseconds=n) for n in range(4)]
        more = simulated(of, one, ticks, runs)
        runs += more
        assert len(more) <= 1
        (_, second) = scheduled(schedule, now, 2)
        (third,) = scheduled(schedule, second)
        assert due_at(of, one, runs, now) <= third + MOST


def test_a_clock_put_back_a_little_repeats_nothing() -> None:
    ran = ended("backup", datetime(2026, 3, 4, 3, 20, tzinfo=UTC))
    for minutes in (1, 10, 600):
        now = ran.started - timedelta(minutes=minutes)
        assert due_at("s/p", job(), [ran], now) > ran.started + DAY / 2


def test_a_run_of_the_far_future_is_not_looked_at() -> None:
    yesterday = ended("backup", NOON - DAY)
    future = ended("backup", NOON + 300 * DAY)
    assert last_counted(job(), [yesterday, future], NOON) == yesterday
    assert due_at("s/p", job(), [future], NOON) <= NOON


def test_an_interrupted_run_is_repeated_once() -> None:
    cut = ended("backup", NOON, Outcome.INTERRUPTED)
    soon = NOON + timedelta(minutes=1)
    assert due_at("s/p", job(), [cut], soon) <= soon
    assert repeats(job(), [cut], soon)
    second = replace(cut, started=soon, again=True)
    assert due_at("s/p", job(), [cut, second], soon) > soon
    assert not repeats(job(), [cut, second], soon)


def test_what_a_person_broke_off_is_neither_repeated_nor_counted() -> None:
    before = ended("backup", NOON - DAY)
    cut = ended("backup", NOON, Outcome.INTERRUPTED, by="ann")
    assert last_counted(job(), [before, cut], NOON) == before
    assert not repeats(job(), [before, cut], NOON)
    ran = ended("backup", NOON, by="ann")
    assert due_at("s/p", job(), [before, ran], NOON) > NOON


def failing(of: str, one: Job, begin: datetime, days: int) -> list[Run]:
    """All runs of a job that always fails, looked at when it is due."""
    found = [ended(one.name, begin, Outcome.FAILED)]
    now = begin
    while (now := due_at(of, one, found, now)) < begin + timedelta(days=days) and len(found) < 200:
        again = repeats(one, found, now)
        found.append(replace(ended(one.name, now, Outcome.FAILED), again=again))
    return found


def test_a_failed_run_is_repeated_after_10_and_60_minutes_then_waits_for_its_next_time() -> None:
    first, second, third, fourth = failing("s/p", job(), NOON, 2)[:4]
    assert second.started - first.started == timedelta(minutes=10, seconds=1)
    assert third.started - second.started == timedelta(minutes=60, seconds=1)
    assert fourth.started > NOON + DAY / 2
    assert [one.again for one in (first, second, third, fourth)] == [False, True, True, False]


@given(SCHEDULES, MOMENTS, NAMES)
def test_whatever_fails_all_the_time_is_tried_three_times_for_each_scheduled_time_at_most(
    schedule: str, begin: datetime, of: str
) -> None:
    found = failing(of, job(schedule), begin, 3)
    for before, after in zip(found, found[1:], strict=False):
        (slot,) = scheduled(schedule, before.started)
        assert before.started < after.started <= slot + MOST, "never later than its next time"
        assert after.again == (after.started < slot)
    regular = [number for number, one in enumerate(found) if not one.again]
    assert all(end - start <= 3 for start, end in zip(regular, regular[1:], strict=False))


@given(SCHEDULES, MOMENTS, WITHIN, NAMES)
def test_a_failure_makes_no_job_due_later_than_a_success(
    schedule: str, begin: datetime, later: timedelta, of: str
) -> None:
    one, now = job(schedule), begin + later
    failed, done = (ended("backup", begin, out) for out in (Outcome.FAILED, Outcome.DONE))
    assert due_at(of, one, [failed], now) <= due_at(of, one, [done], now)


@given(st.lists(st.sampled_from([Outcome.FAILED, Outcome.INTERRUPTED, Outcome.LATE]), min_size=8,
                max_size=8))  # fmt: skip
def test_however_runs_end_they_are_not_repeated_for_ever(ends: list[Outcome]) -> None:
    found = [ended("backup", NOON, ends[0])]
    now, monthly = NOON, job("23 5 3 * *")
    for end in ends[1:]:
        now = max(due_at("s/p", monthly, found, now), now + timedelta(seconds=1))
        found.append(replace(ended("backup", now, end), again=repeats(monthly, found, now)))
    assert sum(one.started < NOON + DAY for one in found) <= 5


def test_a_repetition_that_was_interrupted_is_repeated_at_once() -> None:
    failed = ended("backup", NOON, Outcome.FAILED)
    soon = NOON + timedelta(minutes=11)
    cut = replace(ended("backup", soon, Outcome.INTERRUPTED), again=True)
    assert due_at("s/p", job(), [failed, cut], soon) == soon
    assert repeats(job(), [failed, cut], soon)


def test_what_took_too_long_is_not_repeated() -> None:
    late = ended("backup", NOON, Outcome.LATE)
    assert due_at("s/p", job(), [late], NOON) > NOON + DAY / 2


def test_where_the_next_time_has_come_a_failed_run_is_not_repeated_but_that_one_is_run() -> None:
    failed = ended("backup", NOON, Outcome.FAILED)
    tomorrow = NOON + DAY
    assert due_at("s/p", job(), [failed], tomorrow) <= tomorrow
    assert not repeats(job(), [failed], tomorrow)


def test_a_job_waits_for_the_first_success_of_those_before_it() -> None:
    assert waits_for(job(after=("backup", "x")), frozenset({"x"})) == ("backup",)
    assert waits_for(job(after=("backup",)), frozenset({"backup"})) == ()


def test_a_schedule_that_never_comes_is_never_due_again() -> None:
    once = job("0 0 30 2 1")  # the 30th of February, or any Monday of it
    ran = ended("backup", NOON)
    assert due_at("s/p", once, [ran], NOON) > NOON + DAY


def test_overdue_is_what_should_have_begun_a_while_ago() -> None:
    assert not overdue(NOON, NOON + timedelta(minutes=14))
    assert overdue(NOON, NOON + timedelta(minutes=16))
