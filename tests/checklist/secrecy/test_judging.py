import pytest

from uz.checklist.secrecy.judging import judged, named, variables
from uz.checklist.secrecy.searching import Searched
from uz.scanning.finding import Finding, Kind, Spot
from uz.testing import FakeEnvironment
from uz.verdict import State


def found(secret: str, place: str, form: str = "plain", variable: str = "") -> Finding:
    return Finding(secret, form, Spot(Kind.FILE, place, variable=variable))


def done(
    *findings: Finding,
    allowed: tuple[Finding, ...] = (),
    closed: tuple[Finding, ...] = (),
    gaps: tuple[str, ...] = (),
    values: int = 3,
) -> Searched:
    return Searched(findings, allowed, closed, gaps, things=4, size=2_000_000, values=values)


@pytest.mark.parametrize(
    ("one", "state", "reason"),
    [
        (done(), State.PROVEN, "none of 3 values in the work tree (4 looked at)"),
        (done(found("a", "x")), State.REFUTED, "a in x"),
        (done(found("a", "x"), gaps=("y: closed",)), State.REFUTED, "a in x"),
        (done(gaps=("y: closed", "y: closed")), State.UNKNOWN, "y: closed"),
        (done(values=0), State.UNKNOWN, "there is no secret to look for"),
    ],
)
def test_found_is_refuted_and_not_looked_at_is_unknown(
    one: Searched, state: State, reason: str
) -> None:
    verdict = judged(FakeEnvironment(), "work tree", one)
    assert (verdict.state, verdict.reason) == (state, reason)


def test_figures_are_told_apart_by_place() -> None:
    figures = judged(FakeEnvironment(), "environment's files", done()).figures
    assert figures == {"environments_files_things": 4, "environments_files_mb": 2.0, "values": 3}


def test_problems_are_told_first() -> None:
    verdict = judged(FakeEnvironment(), "files", done(found("a", "x")), ["the kit lies there"])
    assert (verdict.state, verdict.reason) == (State.REFUTED, "the kit lies there; a in x")


def test_named_readers_are_listed() -> None:
    reader = found("redis/app", "process 7 (app), variable REDIS_URL", variable="REDIS_URL")
    verdict = judged(FakeEnvironment(), "processes", done(allowed=(reader,)))
    assert verdict.reason.endswith("but what uz.toml names: REDIS_URL")
    assert verdict.figures["named_readers"] == "redis/app in process 7 (app), variable REDIS_URL"
    assert variables([reader, reader]) == "REDIS_URL"


def test_what_was_rotated_is_told_and_is_no_finding() -> None:
    verdict = judged(
        FakeEnvironment(), "history", done(closed=(found("redis/app (version 1)", "x"),))
    )
    assert verdict.state is State.PROVEN
    assert verdict.reason.endswith("but redis/app (version 1), rotated since and refused")


def test_what_nobody_was_asked_about_is_not_called_refused() -> None:
    old = (found("app/session-key (version 1)", "x"), found("ref+vault://a/b#/c (version 2)", "x"))
    verdict = judged(FakeEnvironment(), "history", done(closed=old))
    assert "refused" not in verdict.reason
    assert "app/session-key (version 1), replaced since (nothing of Uz's" in verdict.reason
    assert "ref+vault://a/b#/c (version 2), which the baseline accepts" in verdict.reason
    assert "closed" not in verdict.figures
    assert verdict.figures["replaced"] == "app/session-key (version 1)"


def test_an_older_value_that_is_found_comes_with_what_to_do() -> None:
    verdict = judged(
        FakeEnvironment(), "history", done(found("ref+vault://a/b#/c (version 2)", "x"))
    )
    assert verdict.state is State.REFUTED
    assert verdict.reason.endswith("in x; have an older version revoked where it comes from")


def test_many_findings_are_counted() -> None:
    verdict = judged(FakeEnvironment(), "data", done(*(found("a", f"x{n}") for n in range(9))))
    assert verdict.reason == "a in x0; a in x1; a in x2; a in x3; and 5 more"


def test_a_place_is_named_once_and_its_form_where_it_is_not_plain() -> None:
    both = [found("a", "x", "base64-2"), found("a", "x"), found("b", "x", "url")]
    assert named(both) == ["a in x", "b in x (as url)"]
