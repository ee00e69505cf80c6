"""Port bases for environments beside: one that nobody uses, held while it is needed."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from uz.errors import MachineError
from uz.targets.local.layout import Layout, known
from uz.targets.local.listeners import listeners
from uz.targets.local.state import read_state

STEP = 250
REHEARSAL_BASES = range(23000, 31001, STEP)
"""Below 32768, where the kernel takes ports for outgoing connections; close to each other, so that
few environments beside do not leave without a place."""
WIDTH = 1000
"""Ports of an environment, from its base on."""


@contextmanager
def held_base(layout: Layout) -> Iterator[int]:
    """A port base that is nobody else's while the block runs; whoever dies lets it go.

    Held by UDP ports of it, which nothing else of an environment uses: the kernel gives each to one
    process, whoever's it is. Two bases whose ports overlap have one of these in common. Raises
    MachineError where there is none.
    """
    claimed = _claimed(layout)
    for base in REHEARSAL_BASES:
        if claimed & set(range(base, base + WIDTH)):
            continue
        with ExitStack() as held:
            if not _bound(base, held):
                continue
            yield base
            return
    raise MachineError(
        f"no {WIDTH} free ports in a row between {REHEARSAL_BASES[0]} and"
        f" {REHEARSAL_BASES[-1] + WIDTH} for a rehearsal or a drill",
        hint="Wait for the others to end, or remove an environment that has ports there:"
        " `uz uninstall`.",
    )


def _claimed(layout: Layout) -> set[int]:
    """What somebody listens on, and what environments of this home come back to."""
    states = (read_state(other) for other in known(layout.home))
    own = {port for state in states if state for port in state.ports}
    return own | {one.address.port for one in listeners({})}


def _bound(base: int, held: ExitStack) -> bool:
    """Bind the ports that hold a base; False where somebody else has one of them."""
    for port in range(base + STEP - 1, base + WIDTH, STEP):
        one = held.enter_context(closing(socket.socket(type=socket.SOCK_DGRAM)))
        try:
            one.bind(("127.0.0.1", port))
            one.connect(("127.0.0.1", port))  # to itself: so it waits for nobody
        except OSError:
            return False
    return True
