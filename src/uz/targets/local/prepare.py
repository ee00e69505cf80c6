"""Folders of an environment, each with the owner and mode that the isolation asks for."""

import os

from uz.stack import Owner, Stack
from uz.targets.local.folders import folder
from uz.targets.local.layout import Layout
from uz.targets.local.users import isolated, user_of


def prepare_top(layout: Layout) -> None:
    """Make the folder of all environments and that of the app: enough to lock and to be audited."""
    mode = 0o711 if isolated() else 0o700
    if not layout.home.parent.is_dir():
        layout.home.parent.mkdir(parents=True, mode=0o700)
    folder(layout.home, mode)
    folder(layout.app_folder, mode)


def prepare(layout: Layout, stack: Stack) -> None:
    """Make every folder that the stack needs. Raises MachineError."""
    prepare_top(layout)
    servers, app = user_of(Owner.SERVERS), user_of(Owner.APP)
    own = os.geteuid()
    passage = 0o711 if isolated() else 0o700
    folder(layout.root, passage)
    for path in (layout.data, layout.logs, layout.run, layout.active):
        folder(path, passage)
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
