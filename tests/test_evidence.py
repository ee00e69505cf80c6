from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from uz.evidence import Effect, Evidence
from uz.verdict import proven

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
INPUTS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("12"), max_size=4)


def taken(inputs: dict[str, str], at: datetime = NOON, kind: str = "production") -> Evidence:
    return Evidence("tls.strong", "hsts", Effect.PROBE, proven("held"), at, "live", kind, inputs)


@given(INPUTS)
def test_the_same_inputs_at_the_same_time_are_fresh(inputs: dict[str, str]) -> None:
    assert taken(inputs).staleness(inputs, NOON, WEEK) == ""


@given(INPUTS, INPUTS)
def test_it_is_stale_exactly_when_an_input_differs(
    then: dict[str, str], now: dict[str, str]
) -> None:
    assert bool(taken(then).staleness(now, NOON, WEEK)) == (then != now)


@given(INPUTS, INPUTS)
def test_what_changed_is_named_and_nothing_else(then: dict[str, str], now: dict[str, str]) -> None:
    said = taken(then).staleness(now, NOON, WEEK)
    named = set(said.removeprefix("changed since: ").split(", ")) if said else set()
    assert named == {name for name in then | now if then.get(name) != now.get(name)}


@example(WEEK)
@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=4000)))
def test_it_is_stale_exactly_when_its_age_limit_has_passed(age: timedelta) -> None:
    assert bool(taken({}).staleness({}, NOON + age, WEEK)) == (age > WEEK)


@pytest.mark.parametrize(("minutes", "stale"), [(4, False), (6, True)])
def test_evidence_from_the_future_does_not_count(minutes: int, stale: bool) -> None:
    ahead = taken({}, NOON + timedelta(minutes=minutes))
    assert ("check the clock" in ahead.staleness({}, NOON, WEEK)) == stale


def test_only_a_rehearsals_evidence_is_rehearsed() -> None:
    assert taken({}, kind="rehearsal").rehearsed
    assert not taken({}, kind="production").rehearsed
