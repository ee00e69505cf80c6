import itertools
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta

import pytest
from tests.items import Trial, World, control, experiment

from uz.environment import Environment
from uz.errors import MachineError, UzError
from uz.evidence import Effect
from uz.operations import prove as proving
from uz.operations.prove import EVERYTHING, HARMLESS, check_controls, prove, tried
from uz.testing import FakeEnvironment, spec
from uz.verdict import State, Verdict, declared, inapplicable, proven, refuted, unknown


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look once instead of waiting."""
    monkeypatch.setattr(proving, "BEFORE", 0.0)
    monkeypatch.setattr(proving, "RECOVERY", 0.0)


@pytest.fixture
def env() -> FakeEnvironment:
    return FakeEnvironment()


@pytest.fixture
def world() -> World:
    return World()


def silent(_name: str, _what: str) -> None:
    """Say nothing."""


@pytest.mark.parametrize("verdict", [proven("yes", seconds=2), refuted("no"), unknown("perhaps")])
def test_what_an_experiment_says_is_the_evidence(env: FakeEnvironment, verdict: Verdict) -> None:
    item = Trial((experiment(verdict, "first"), experiment(verdict, "second", Effect.OBSERVE)))
    found = prove(env, [item], HARMLESS, silent)
    assert [(one.item, one.experiment) for one in found] == [
        (item.id, "first"),
        (item.id, "second"),
    ]
    assert [one.verdict for one in found] == [verdict, verdict]
    assert [one.effect for one in found] == [Effect.PROBE, Effect.OBSERVE]


def test_evidence_says_where_when_and_on_what_it_rests(env: FakeEnvironment) -> None:
    (one,) = prove(env, [Trial((experiment(proven("yes")),))], HARMLESS, silent)
    assert (one.environment, one.kind, one.rehearsed) == (env.name, "rehearsal", True)
    assert one.inputs == env.inputs(("edge",)) != {}
    assert one.taken_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (TimeoutError("too slow"), "TimeoutError: too slow"),
        (KeyError("x"), "KeyError: 'x'"),
        (OSError(111, "refused"), "refused"),
        (AssertionError(), "AssertionError"),
        (MachineError("no disk", hint="Buy one."), "no disk (Buy one.)"),
        (UzError("no hint"), "no hint"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_experiment_that_crashes_is_unknown_and_says_why(
    env: FakeEnvironment, raised: Exception, said: str
) -> None:
    def crash(_env: Environment) -> Verdict:
        raise raised

    verdict = tried(env, experiment(crash))
    assert verdict.state is State.UNKNOWN
    assert said in verdict.reason


def test_a_crash_does_not_keep_the_next_experiment_from_its_turn(env: FakeEnvironment) -> None:
    crash = experiment(lambda _env: proven(str(1 // 0)), "crashes")
    found = prove(env, [Trial((crash, experiment(proven("yes"))))], HARMLESS, silent)
    assert [one.verdict.state for one in found] == [State.UNKNOWN, State.PROVEN]


def test_nothing_is_tried_on_a_stack_that_is_not_healthy(
    env: FakeEnvironment, world: World
) -> None:
    env.stop("edge")
    verdict = tried(env, experiment(world.look))
    assert verdict.state is State.UNKNOWN
    assert "not healthy" in verdict.reason
    assert world.tried == 0


def test_an_experiment_that_leaves_the_stack_unhealthy_is_never_a_pass(
    env: FakeEnvironment,
) -> None:
    def stop(one: Environment) -> Verdict:
        one.stop("edge")
        return proven("nobody noticed")

    verdict = tried(env, experiment(stop))
    assert verdict.state is State.UNKNOWN
    assert "nobody noticed" in verdict.reason


def test_a_stack_that_cannot_be_asked_is_not_healthy(
    env: FakeEnvironment, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(env, "healthy", lambda: 1 // 0)
    assert tried(env, experiment(world.look)).state is State.UNKNOWN
    assert world.tried == 0


@pytest.mark.parametrize(
    ("effects", "names"),
    [(HARMLESS, ["observe", "probe"]), (EVERYTHING, ["observe", "probe", "disrupt"])],
)
def test_only_what_may_be_done_to_users_is_done(
    env: FakeEnvironment, effects: frozenset[Effect], names: list[str]
) -> None:
    item = Trial(tuple(experiment(proven("yes"), one.value, one) for one in Effect))
    assert [one.experiment for one in prove(env, [item], effects, silent)] == names


def test_no_experiment_is_no_evidence(env: FakeEnvironment) -> None:
    assert prove(env, [Trial()], EVERYTHING, silent) == ()


def test_progress_tells_each_state_with_its_reason(env: FakeEnvironment, world: World) -> None:
    prove(env, [world.item()], HARMLESS, world.progress)
    assert world.seen == ["trial.holds: tries: proven: it holds"]


def test_an_interrupt_ends_it_all(env: FakeEnvironment) -> None:
    def interrupted(_env: Environment) -> Verdict:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prove(env, [Trial((experiment(interrupted),))], HARMLESS, silent)


def test_a_control_is_held_when_the_experiment_goes_red_and_back(
    env: FakeEnvironment, world: World
) -> None:
    (one,) = check_controls(env, [world.item()], world.progress)
    assert (one.held, one.reason) == (True, "it is broken")
    assert (one.item, one.control, one.line) == ("trial.holds", "broken", "broken on purpose")
    assert world.seen == ["trial.holds: broken: held: it is broken"]
    assert world.tried == 3


def test_each_control_is_tried_with_the_experiment_it_names(
    env: FakeEnvironment, world: World
) -> None:
    blind = experiment(proven("never looks"), "blind")
    item = Trial(
        (blind, experiment(world.look)),
        (control(world.sabotage), control(world.sabotage, "unseen", catches="blind")),
    )
    assert [one.held for one in check_controls(env, [item], silent)] == [True, False]


@pytest.mark.parametrize("kind", ["production", "staging"])
def test_nothing_is_broken_on_purpose_outside_a_rehearsal(world: World, kind: str) -> None:
    name = "production" if kind == "production" else "next"
    env = FakeEnvironment(spec(name, kind=kind))
    with pytest.raises(UzError, match="no rehearsal") as raised:
        check_controls(env, [world.item()], silent)
    assert "uz rehearse" in raised.value.hint
    assert (world.sabotaged, world.tried) == (0, 0)


def scripted(*verdicts: Verdict) -> Trial:
    """An item whose experiment answers these one after another, the last for ever."""
    story = itertools.chain(verdicts, itertools.repeat(verdicts[-1]))
    return Trial((experiment(lambda _env: next(story)),), (control(lambda _env: nullcontext()),))


RED, OTHER, GREEN = refuted("broken"), refuted("weak anyway"), proven("fine")
PLAIN, DARK = declared("the files say so"), unknown("no data")


@pytest.mark.parametrize(
    ("story", "because"),
    [
        ((DARK, RED, DARK), "nothing to compare with: no data"),
        ((GREEN, GREEN, GREEN), "proven under sabotage"),
        ((GREEN, DARK, GREEN), "unknown under sabotage"),
        ((GREEN, PLAIN, GREEN), "declared under sabotage"),
        ((RED, RED, RED), "red already without sabotage"),
        ((GREEN, RED, RED), "did not change back"),
        ((GREEN, RED, DARK), "did not change back"),
        ((OTHER, RED, RED), "did not change back"),
        ((PLAIN, RED, GREEN), "did not change back"),
    ],
)
def test_a_control_is_missed_when_the_answer_does_not_follow_the_sabotage(
    env: FakeEnvironment, story: tuple[Verdict, ...], because: str
) -> None:
    (one,) = check_controls(env, [scripted(*story)], silent)
    assert not one.held
    assert because in one.reason


@pytest.mark.parametrize("plain", [GREEN, PLAIN, OTHER])
def test_a_control_is_held_whatever_the_answer_was_without_it(
    env: FakeEnvironment, plain: Verdict
) -> None:
    (one,) = check_controls(env, [scripted(plain, RED, plain)], silent)
    assert (one.held, one.reason) == (True, "broken")


def test_a_control_is_held_only_when_red_once_and_the_same_before_and_after(
    env: FakeEnvironment,
) -> None:
    for before, under, after in itertools.product((RED, OTHER, GREEN, PLAIN, DARK), repeat=3):
        (one,) = check_controls(env, [scripted(before, under, after)], silent)
        red = under.state is State.REFUTED and under != before
        assert one.held == (red and before == after and before != DARK), (before, under, after)


def test_where_an_experiment_cannot_apply_its_controls_are_not_tried(
    env: FakeEnvironment, world: World
) -> None:
    item = Trial((experiment(inapplicable("none here")),), (control(world.sabotage),))
    assert check_controls(env, [item], world.progress) == ()
    assert world.sabotaged == 0
    assert world.seen == ["trial.holds: broken: cannot apply, as tries cannot"]


def test_a_sabotage_that_fails_is_missed(env: FakeEnvironment, world: World) -> None:
    @contextmanager
    def early(_env: Environment) -> Iterator[None]:
        raise OSError("cannot break it")
        yield

    @contextmanager
    def late(_env: Environment) -> Iterator[None]:
        yield
        raise OSError("cannot mend it")

    item = Trial((experiment(world.look),), (control(early), control(late)))
    first, second = check_controls(env, [item], silent)
    assert not first.held
    assert not second.held
    assert "the sabotage failed: OSError: cannot break it" in first.reason
    assert "cannot mend it" in second.reason


def test_a_stack_that_does_not_recover_from_the_sabotage_is_missed(
    env: FakeEnvironment, world: World
) -> None:
    @contextmanager
    def lasting(one: Environment) -> Iterator[None]:
        with world.sabotage(one):
            one.stop("edge")
            yield

    (one,) = check_controls(env, [Trial((experiment(world.look),), (control(lasting),))], silent)
    assert (one.held, one.reason) == (False, "the stack did not recover from the sabotage")


def test_an_unhealthy_stack_is_never_sabotaged(env: FakeEnvironment, world: World) -> None:
    env.stop("edge")
    (one,) = check_controls(env, [world.item()], silent)
    assert not one.held
    assert world.sabotaged == 0


def test_an_interrupt_undoes_the_sabotage(env: FakeEnvironment, world: World) -> None:
    def interrupted(_env: Environment) -> Verdict:
        if world.broken:
            raise KeyboardInterrupt
        return proven("fine")

    with pytest.raises(KeyboardInterrupt):
        check_controls(env, [Trial((experiment(interrupted),), (control(world.sabotage),))], silent)
    assert not world.broken
