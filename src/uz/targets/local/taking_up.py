"""Having a running service take up changed credentials, without a restart."""

import os

from uz.errors import ProgramError
from uz.shell import run
from uz.stack import Owner, Service
from uz.targets.local.layout import Layout
from uz.targets.local.users import as_user, isolated, user_of

TAKE_UP = 20.0
"""Seconds; it is a few requests to a server on this machine."""


def taken_up(layout: Layout, service: Service) -> str:
    """Run the service's own command for that; return why it failed, or nothing."""
    rights = as_user(user_of(Owner.SERVERS)) if isolated() else []
    words = (word.replace("{root}", str(layout.root)) for word in service.take_up)
    own = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    try:
        done = run([*rights, *words], timeout=TAKE_UP, cwd=layout.root, environment=own)
    except ProgramError as error:
        return str(error)
    return "" if done.ok else done.tail(1) or f"it ends with {done.code}"
