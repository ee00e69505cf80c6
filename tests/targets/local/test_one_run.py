from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.components import compose
from uz.stack import Role
from uz.targets.local.layout import Layout
from uz.targets.local.one_run import (
    Run,
    note,
    remember,
    same_but_credentials,
    same_files,
    same_start,
    wanted_digest,
)
from uz.targets.local.render import render
from uz.targets.local.state import State, read_state
from uz.testing import MACHINE, spec

PART = st.text("0123456789abcdef", max_size=4)
DIGESTS = st.tuples(PART, PART, PART, PART)


def a_run(layout: Layout) -> Run:
    made = spec("trial", redis={"purpose": "cache"})
    stack = compose(made, MACHINE)
    files = dict(render(made, stack, MACHINE))
    return Run(layout, made, stack, MACHINE, Path("/p"), lambda *_: None, State(), files)


@given(DIGESTS, DIGESTS)
def test_each_part_is_compared_alone(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    left, right = ".".join(one), ".".join(other)
    assert same_start(left, right) is (one[0] == other[0])
    assert same_files(left, right) is (one[:2] == other[:2])
    assert same_but_credentials(left, right) is (one[:2] + one[3:] == other[:2] + other[3:])


@pytest.mark.parametrize("applied", ["", "a", "a.b"])
def test_what_another_version_wrote_agrees_with_nothing(applied: str) -> None:
    assert not same_start(applied, "a.b.c.d")
    assert not same_files(applied, "a.b.c.d")
    assert not same_but_credentials(applied, "a.b.c.d")


def test_credentials_files_and_release_are_told_apart(layout: Layout) -> None:
    run = a_run(layout)
    redis, web, edge = (run.stack.service(name) for name in ("redis", "app-1", "edge"))
    before = wanted_digest(run, redis, "0001")
    assert wanted_digest(run, redis, "0002") == before
    run.credentials["redis"] = "f" * 64
    after = wanted_digest(run, redis, "0001")
    assert after != before
    assert same_but_credentials(before, after)
    run.files["redis/redis.conf"] += "# amended\n"
    assert not same_but_credentials(after, wanted_digest(run, redis, "0001"))
    assert same_start(after, wanted_digest(run, redis, "0001"))
    for one in (web, edge):
        first, second = wanted_digest(run, one, "0001"), wanted_digest(run, one, "0002")
        assert first != second
        assert same_files(first, second)
    assert edge.role is Role.EDGE


def test_what_is_remembered_is_in_the_state(prepared: Layout) -> None:
    run = a_run(prepared)
    remember(run, "redis", "a.b.c.d")
    state = read_state(prepared)
    assert state is not None
    assert state.applied == {"redis": "a.b.c.d"}
    remember(run, "redis", None)
    assert run.state.applied == {}


def test_what_happened_is_counted_and_told(layout: Layout) -> None:
    run, told = a_run(layout), list[tuple[str, str]]()
    run.progress = lambda name, what: told.append((name, what))
    note(run, "started", "redis", "ready after 0.1 s")
    assert run.happened == {"started": ["redis"]}
    assert told == [("redis", "ready after 0.1 s")]
