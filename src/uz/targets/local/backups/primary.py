"""A session on the primary of an environment's database."""

from uz.environment import Environment
from uz.psql import primary
from uz.stack import Owner
from uz.targets.local.backups.session import Session
from uz.targets.local.users import as_user, isolated, user_of


def primary_session(env: Environment) -> Session:
    """Where the primary's socket is, and the rights to use it. Raises UnhealthyError where no
    server is the primary."""
    port = env.address(primary(env)).port
    rights = as_user(user_of(Owner.SERVERS)) if isolated() else []
    return Session(env.folder / "run/database", port, tuple(rights))
