import os
import random
import socket
from contextlib import closing

import pytest

from uz.components import compose
from uz.errors import MachineError
from uz.spec import Spec
from uz.targets.local import ports
from uz.targets.local.layout import Layout
from uz.targets.local.ports import check_ports
from uz.targets.local.state import State, write_state
from uz.testing import MACHINE, spec


@pytest.fixture
def free() -> Spec:
    """A Spec on ports below those of clients, where nobody else is likely to be."""
    base = random.randrange(10_000, 20_000)
    return spec("trial", environments={"trial": {"network": {"port_base": base}}})


def check(layout: Layout, of: Spec) -> None:
    check_ports(layout, of, compose(of, MACHINE))


def test_free_ports_are_fine(layout: Layout, free: Spec) -> None:
    check(layout, free)


@pytest.mark.parametrize("key", ["http", "https", "status"])
def test_a_port_in_use_is_named_with_its_holder_and_the_key_to_change(
    layout: Layout, free: Spec, key: str
) -> None:
    port = getattr(free.ports, key)
    with (
        closing(socket.create_server(("127.0.0.1", port))),
        pytest.raises(MachineError, match=f"port {port} is in use by .*{os.getpid()}") as raised,
    ):
        check(layout, free)
    wanted = "network.port_base" if key == "status" else f"edge.{key}_port"
    assert wanted in raised.value.hint


def test_another_environments_port_is_refused_even_while_it_is_down(
    layout: Layout, free: Spec
) -> None:
    other = Layout(layout.home, "blog", "live")
    other.root.mkdir(parents=True)
    write_state(other, State(ports=(free.ports.https,)))
    with pytest.raises(MachineError, match="belongs to the environment blog/live"):
        check(layout, free)


def test_the_ports_that_it_claimed_before_are_its_own(layout: Layout, free: Spec) -> None:
    layout.root.mkdir(parents=True)
    write_state(layout, State(ports=(free.ports.https,)))
    check(layout, free)


@pytest.mark.parametrize(("granted", "refused"), [(False, True), (True, False)])
def test_a_low_port_needs_root_or_a_permission(
    layout: Layout, free: Spec, monkeypatch: pytest.MonkeyPatch, granted: bool, refused: bool
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(ports, "may_bind_low_ports", lambda: granted)
    low = free.model_copy(update={"edge": free.edge.model_copy(update={"http_port": 1})})
    if int(ports.UNPRIVILEGED.read_text()) <= 1:
        pytest.skip("this machine lets everybody open every port")
    if refused:
        with pytest.raises(MachineError, match="port 1 needs a permission"):
            check(layout, low)
    else:
        check(layout, low)


def test_whether_a_unit_granted_it_is_read_from_the_kernel() -> None:
    assert ports.may_bind_low_ports() in {True, False}
