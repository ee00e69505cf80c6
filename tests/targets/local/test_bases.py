import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest

from uz.components import compose
from uz.errors import MachineError
from uz.targets.local import bases
from uz.targets.local.bases import REHEARSAL_BASES, STEP, WIDTH, held_base
from uz.targets.local.layout import Layout
from uz.targets.local.listeners import listeners
from uz.targets.local.state import State, write_state
from uz.testing import MACHINE, spec
from uz.waiting import met

HOLDER = """
import sys, time
from pathlib import Path
from uz.targets.local import bases
from uz.targets.local.layout import Layout
bases.listeners = lambda _: ()
bases.REHEARSAL_BASES = range(int(sys.argv[2]), int(sys.argv[2]) + 1)
with bases.held_base(Layout(Path(sys.argv[1]), "blog", "live")) as base:
    print(base, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing else runs: nobody's ports are among those that are tried."""
    monkeypatch.setattr(bases, "listeners", lambda _: ())
    first = random.randrange(3_000, 6_000)  # nobody else in the tests has ports down there
    monkeypatch.setattr(bases, "REHEARSAL_BASES", range(first, first + 6001, STEP))


def test_a_base_is_below_the_ports_of_clients() -> None:
    assert REHEARSAL_BASES[-1] + WIDTH <= 32768


def test_what_an_environment_comes_back_to_is_not_taken(layout: Layout) -> None:
    other = Layout(layout.home, "blog", "live")
    other.root.mkdir(parents=True)
    with held_base(layout) as first:
        pass
    write_state(other, replace(State(), ports=(first + 500,)))
    with held_base(layout) as second:
        assert first + 500 not in range(second, second + WIDTH)


def test_nobody_elses_ports_are_among_those_of_a_base_that_is_held(layout: Layout) -> None:
    with ExitStack() as held:
        found = [held.enter_context(held_base(layout)) for _ in range(5)]
    apart = [later - one for one, later in zip(sorted(found), sorted(found)[1:], strict=False)]
    assert min(apart) >= WIDTH


@pytest.mark.parametrize("steps", [-3, -2, -1, 0, 1, 2, 3])
def test_of_two_that_overlap_the_second_is_refused_at_whatever_distance(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    with held_base(layout) as first:
        base = first + steps * STEP
        monkeypatch.setattr(bases, "REHEARSAL_BASES", range(base, base + 1))
        with pytest.raises(MachineError, match="no 1000 free ports"), held_base(layout):
            pass


def test_what_was_tried_and_not_had_is_let_go(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bases.REHEARSAL_BASES[0]
    with closing(socket.socket(type=socket.SOCK_DGRAM)) as other:
        other.bind(("127.0.0.1", first + WIDTH - 1))
        with held_base(layout) as base:
            assert base == first + WIDTH
    monkeypatch.setattr(bases, "REHEARSAL_BASES", range(first, first + 1))
    for _ in range(2):
        with held_base(layout) as base:
            assert base == first


@pytest.fixture
def holder(layout: Layout) -> Iterator[subprocess.Popen[str]]:
    """Another process, of another home, that holds the first base."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(layout.home / "other"), str(bases.REHEARSAL_BASES[0])],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield process
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


def test_it_is_held_across_homes_and_dies_with_who_holds_it(
    layout: Layout, holder: subprocess.Popen[str]
) -> None:
    assert holder.stdout
    taken = int(holder.stdout.readline())
    with held_base(layout) as base:
        assert base >= taken + WIDTH
    holder.kill()
    holder.wait()

    def free() -> bool:
        with held_base(layout) as base:
            return base == taken

    assert met(free, 60)


def test_what_holds_it_listens_nowhere_and_is_in_no_service_s_way(layout: Layout) -> None:
    with held_base(layout) as base:
        assert not [one for one in listeners({}) if one.address.port in range(base, base + WIDTH)]
        many = spec(
            "trial",
            app={"instances": 300},
            environments={"trial": {"network": {"port_base": base}}},
        )
        services = compose(many, MACHINE).services
        ports = {one.port for service in services for one in service.listens}
        with ExitStack() as held:
            for port in ports & set(range(base, base + WIDTH)):
                held.enter_context(closing(socket.create_server(("127.0.0.1", port))))


def test_what_somebody_listens_on_is_not_taken(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bases.REHEARSAL_BASES[0]
    monkeypatch.setattr(bases, "listeners", listeners)
    with (
        closing(socket.create_server(("127.0.0.1", first + 700))),
        held_base(layout) as base,
    ):
        assert base > first + 700


def test_without_a_free_base_it_says_what_can_be_done(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bases, "_claimed", lambda _: set(bases.REHEARSAL_BASES))
    with (
        pytest.raises(MachineError, match="for a rehearsal or a drill") as raised,
        held_base(layout),
    ):
        pass
    assert "uz uninstall" in raised.value.hint
