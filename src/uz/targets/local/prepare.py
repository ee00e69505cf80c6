"""Folders of an environment, each with the owner and mode that the isolation asks for."""

import os
from pathlib import Path

from uz.errors import MachineError
from uz.shell import run
from uz.stack import Owner, Stack
from uz.targets.local.folders import disk_errors, folder, refuse_symlink
from uz.targets.local.layout import Layout
from uz.targets.local.own_python import write_scripts
from uz.targets.local.users import USERS, as_user, isolated, user_of

OWN = frozenset({".tools", "machine.json", "audit.jsonl"})
"""What Uz keeps in the folder of all environments beside the apps."""


def prepare_top(layout: Layout) -> None:
    """Make the folder of all environments and that of the app: enough to lock and to be audited."""
    prepare_home(layout.home)
    folder(layout.app_folder, 0o711 if isolated() else 0o700)


def prepare_home(home: Path) -> None:
    """Make the folder of all environments. One that holds other things too is left as it is.

    Raises MachineError where it is a link, another user's, or open to others.
    """
    mode = 0o711 if isolated() else 0o700
    with disk_errors(home):
        for parent in reversed([one for one in home.parents if not one.is_dir()]):
            folder(parent, mode)
        if not home.exists() or all(map(_made_by_uz, home.iterdir())):
            folder(home, mode)
            return
    refuse_symlink(home)
    found = home.stat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise MachineError(
            f"{home}: belongs to another user, or others may write to it",
            hint="Choose a folder of your own with UZ_HOME.",
        )


def _within_reach(layout: Layout) -> None:
    """Let the services' users try the way themselves: what lies above may be closed to them."""
    for user in map(user_of, USERS) if isolated() else ():
        if not run([*as_user(user), "test", "-x", layout.root], timeout=10).ok:
            raise MachineError(
                f"{layout.home}: the user {user.name} may not pass through it, or one above",
                hint="Choose a folder elsewhere with UZ_HOME, or let others pass (chmod o+x).",
            )


def _made_by_uz(path: Path) -> bool:
    return path.name in OWN or (path / "audit.jsonl").exists()


def prepare(layout: Layout, stack: Stack) -> None:
    """Make every folder that the stack needs. Raises MachineError."""
    prepare_top(layout)
    servers, app = user_of(Owner.SERVERS), user_of(Owner.APP)
    own = os.geteuid()
    passage = 0o711 if isolated() else 0o700
    folder(layout.root, passage)
    _within_reach(layout)
    for path in (layout.data, layout.logs, layout.run, layout.active):
        folder(path, passage)
    write_scripts(layout)
    folder(layout.groups, 0o700)
    folder(layout.evidence, 0o700)
    folder(layout.config, 0o750 if isolated() else 0o700, own, servers.gid)
    folder(layout.releases, 0o750 if isolated() else 0o700, own, app.gid)
    for service in stack.services:
        user = user_of(service.owner)
        for parent in (layout.data, layout.run):
            folder(parent / service.folder, 0o700, user.uid, user.gid)
        if service.owner is Owner.SERVERS:
            folder(layout.logs / service.folder, 0o700, user.uid, user.gid)
