from hypothesis import given
from hypothesis import strategies as st

from uz.verdict import (
    WORST_FIRST,
    Domain,
    State,
    Verdict,
    declared,
    inapplicable,
    proven,
    refuted,
    together,
    unknown,
)

VERDICTS = st.lists(st.builds(Verdict, st.sampled_from(State), st.sampled_from("abc")), max_size=6)


def test_ready_are_only_proven_waived_and_inapplicable() -> None:
    assert {state for state in State if state.ready} == {
        State.PROVEN,
        State.WAIVED,
        State.INAPPLICABLE,
    }


def test_every_state_has_its_rank() -> None:
    assert sorted(WORST_FIRST) == sorted(State)


def test_no_verdict_at_all_is_unknown() -> None:
    assert together([]).state is State.UNKNOWN


@given(VERDICTS.filter(bool))
def test_the_worst_decides(verdicts: list[Verdict]) -> None:
    ranks = [WORST_FIRST.index(verdict.state) for verdict in verdicts]
    assert together(verdicts).state is WORST_FIRST[min(ranks)]


@given(st.data(), VERDICTS)
def test_the_order_does_not_matter(data: st.DataObject, verdicts: list[Verdict]) -> None:
    assert together(data.draw(st.permutations(verdicts))).state is together(verdicts).state


@given(VERDICTS)
def test_it_is_ready_only_if_each_is(verdicts: list[Verdict]) -> None:
    ready = bool(verdicts) and all(verdict.state.ready for verdict in verdicts)
    assert together(verdicts).state.ready == ready


def test_the_reason_is_that_of_the_worst_and_no_figure_is_lost() -> None:
    whole = together([proven("held", seconds=1.5), refuted("fell", lost=3), unknown("unclear")])
    assert whole.reason == "fell"
    assert whole.figures == {"seconds": 1.5, "lost": 3}


def test_failure_domains_are_listed_once() -> None:
    one = proven("held", domains=(Domain.PROCESS,))
    assert together([one, one]).domains == (Domain.PROCESS,)


def test_each_word_makes_the_state_of_its_name() -> None:
    made = [proven("x"), refuted("x"), declared("x"), unknown("x"), inapplicable("x")]
    assert [verdict.state.value for verdict in made] == [
        "proven",
        "refuted",
        "declared",
        "unknown",
        "inapplicable",
    ]
