import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scheduling.stand import NOON, ended

from uz.scheduling.run import Outcome, Run, parsed

MOMENTS = st.datetimes(timezones=st.just(NOON.tzinfo))
RUNS = st.builds(
    Run,
    job=st.text(),
    started=MOMENTS,
    outcome=st.sampled_from(Outcome),
    ended=st.none() | MOMENTS,
    seconds=st.floats(0, 1e9),
    code=st.none() | st.integers(-64, 255),
    lines=st.lists(st.text()).map(tuple),
    group=st.text(),
    by=st.text(),
    again=st.booleans(),
)


@given(RUNS)
def test_a_run_comes_back_as_it_was(run: Run) -> None:
    assert parsed(json.loads(json.dumps(run.form()))) == run


@pytest.mark.parametrize(
    "change",
    [{"started": "yesterday"}, {"started": "2026-03-04T12:00:00"}, {"outcome": "fine"},
     {"lines": None}, {"code": "x"}, {"seconds": None}, {"started": 1}],
)  # fmt: skip
def test_what_is_no_run_is_a_value_error(change: dict[str, Any]) -> None:
    form = ended("backup", NOON).form()
    with pytest.raises(ValueError, match=r"."):
        parsed(form | change)
    for missing in form:
        with pytest.raises(ValueError, match="no run"):
            parsed({key: value for key, value in form.items() if key != missing})


def test_only_what_is_done_is_good_and_what_runs_is_not_bad() -> None:
    assert [one for one in Outcome if ended("a", NOON, one).ok] == [Outcome.DONE]
    bad = {one for one in Outcome if ended("a", NOON, one).bad}
    assert bad == {Outcome.FAILED, Outcome.LATE, Outcome.INTERRUPTED}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), ""),
        (("taken", "the disk is full", "next: Free some."), "the disk is full"),
        (("next: Free some.",), "next: Free some."),
        (("next: a", "b"), "b"),
    ],
)
def test_what_it_said_is_the_last_line_that_is_no_advice(lines: tuple[str, ...], said: str) -> None:
    assert Run("backup", NOON, lines=lines).said == said
