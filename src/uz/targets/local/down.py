"""Taking an environment down: in reverse order, and with its data only when asked."""

import shutil

from uz.errors import UzError
from uz.targets.local.backups.private_server import end_leftovers
from uz.targets.local.folders import disk_errors, refuse_symlink
from uz.targets.local.layout import Layout
from uz.targets.local.memory import forget
from uz.targets.local.one_run import Progress
from uz.targets.local.releases import unsealed
from uz.targets.local.state import State, read_state, write_state
from uz.targets.local.stray_sockets import remove_stray_sockets
from uz.targets.local.supervise import Supervisor


def down(layout: Layout, *, progress: Progress) -> tuple[str, ...]:
    """Stop everything, in reverse start order; return what was running. The caller holds the lock.

    Data, releases, secrets and certificates stay.
    """
    state = read_state(layout) or State()
    supervisor = Supervisor(layout)
    running = [one for one in supervisor.processes().values() if one.running]
    place = {name: number for number, name in enumerate(state.order)}
    ranked = sorted(running, key=lambda one: place.get(one.name, -1), reverse=True)
    for process in ranked:
        supervisor.stop(process.name)
        progress(process.name, "stopped")
    supervisor.shutdown()
    forget(layout)
    remove_stray_sockets(state.ports)
    layout.credentials.unlink(missing_ok=True)
    if layout.state.exists():
        write_state(layout, state)
    return tuple(process.name for process in ranked)


def delete(layout: Layout) -> None:
    """Remove a stopped environment with all its data. Raises UzError for production."""
    state = read_state(layout)
    if state is not None and state.kind == "production":
        raise UzError(
            f"{layout.app}/{layout.environment} is marked production: its data is not deleted",
            hint="`uz down` stops it. `uz uninstall` removes all that Uz made, and asks first.",
        )
    remove(layout)


def remove(layout: Layout) -> None:
    """Remove all of a stopped environment, whatever it is marked; and what an interrupted recovery
    of it left."""
    for one in (layout, layout.recovering):
        refuse_symlink(one.root)
        end_leftovers(one.root)
        forget(one)
        if one.root.exists():
            with disk_errors(one.root):
                unsealed(one.releases)
                shutil.rmtree(one.root)
    for path in (*layout.beside, layout.backups_lock):
        with disk_errors(path):
            path.unlink(missing_ok=True)
