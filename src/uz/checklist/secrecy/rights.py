"""Running git as the owner of a repository, whose settings may name programs."""

import pwd
from collections.abc import Sequence
from pathlib import Path

from uz.targets.local.users import User, as_user, isolated


def as_owner(folder: Path) -> Sequence[str]:
    """The words before a command, for root; nothing for others, and where the owner is root."""
    owner = folder.lstat()
    if not (isolated() and owner.st_uid):
        return ()
    try:
        name = pwd.getpwuid(owner.st_uid).pw_name
    except KeyError:
        name = ""
    return as_user(User(name, owner.st_uid, owner.st_gid))
