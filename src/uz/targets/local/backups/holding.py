"""The lock of the one command that makes, removes or restores backups of an environment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from uz.targets.local.layout import Layout
from uz.targets.local.locks import held, name_holder

SHIPPING = "shipping"
"""What removes old backups here now and then: nobody started it, or would know of it."""
TIDYING = 600.0
"""Seconds that this may take where there are many files."""


def lock_path(layout: Layout) -> Path:
    """Where the lock is: beside that of the environment, which another command may hold."""
    return layout.backups_lock


@contextmanager
def backups_held(layout: Layout, command: str, within: float = 0.0) -> Iterator[None]:
    """Hold the backups for one command; they are let go even when the command is killed.

    Raises BusyError where another command still holds them after `within` seconds. Shipping is
    waited for in any case.
    """

    def busy(holder: str) -> str:
        return f"{layout.app}/{layout.environment}: `{holder}` works on the backups"

    def patience(holder: str) -> float:
        return TIDYING if holder.startswith(f"uz {SHIPPING} ") else 0.0

    with held(lock_path(layout), busy, within, patience) as descriptor:
        with suppress(OSError):  # only who holds it is not told then
            name_holder(descriptor, command)
        yield
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
