"""Whose rights the services have: users of their own when started as root, else the caller's."""

import os
import pwd
import shutil
from dataclasses import dataclass

from uz.errors import MachineError
from uz.programs import SEARCHED
from uz.stack import Owner

USERS = {Owner.SERVERS: "uz", Owner.APP: "uz-app"}
"""The system users that `uz doctor --install` creates. The operator is who runs Uz."""


@dataclass(frozen=True)
class User:
    """A user and its group, by number; `name` is empty without isolation."""

    name: str
    uid: int
    gid: int


def isolated() -> bool:
    """Whether servers and app run as users of their own: only root can arrange it."""
    return os.geteuid() == 0


def missing_users() -> tuple[str, ...]:
    """Those of the users that this machine does not have yet."""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return tuple(name for name in USERS.values() if name not in known)


def as_user(user: User) -> list[str]:
    """The words that make a command run as this user, without a way back to more rights.

    By its path: the command's own PATH may begin with programs of the app.
    """
    setpriv = shutil.which("setpriv", path=SEARCHED) or "setpriv"
    groups = "--init-groups" if user.name else "--clear-groups"
    return [setpriv, f"--reuid={user.uid}", f"--regid={user.gid}", groups,
            "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"]  # fmt: skip


def user_of(owner: Owner) -> User:
    """The user for services of this owner. Raises MachineError where it does not exist."""
    if owner is Owner.OPERATOR or not isolated():
        return User("", os.geteuid(), os.getegid())
    name = USERS[owner]
    try:
        entry = pwd.getpwnam(name)
    except KeyError as error:
        raise MachineError(
            f"the system user {name!r} does not exist",
            hint="`uz doctor --install` creates it.",
        ) from error
    if entry.pw_uid == 0:
        raise MachineError(f"the user {name!r} is root under another name")
    return User(name, entry.pw_uid, entry.pw_gid)
