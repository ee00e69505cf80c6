"""A replica that does not archive when it takes over: seen by nobody before it is needed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from uz.checklist.managed.sabotage import altered
from uz.environment import Environment, only_in_rehearsals
from uz.errors import UnhealthyError, UzError
from uz.psql import primary, standbys

ASIDE = "run/database/unarchived"
"""Where the log goes meanwhile: a hole in it would spoil all restores that come after."""
PUT_ASIDE = (
    "for one in pg_wal/archive_status/*.ready; do one=${one##*/};"
    f" cp pg_wal/${{one%%.ready}} ../../../{ASIDE}/; done; false"
)
"""An archive_command that fails; `%%` is how PostgreSQL reads a percent sign there."""
ARCHIVE = f"""\
cd "data/database/$1" || exit 1
for file in ../../../{ASIDE}/*; do
    [ -f "$file" ] || continue
    name=${{file##*/}}
    sh ../../../config/archive-setup/pgbackrest-archive "$PWD/$file" "$name" || exit 1
    rm -f "$file"
done
rmdir ../../../{ASIDE}
"""


@contextmanager
def not_archived_after(env: Environment) -> Iterator[None]:
    """Let no replica archive its log should it take over; what it wrote is archived afterwards."""
    only_in_rehearsals(env)
    if not standbys(env):
        raise UzError("there is no replica that could take over")
    _checked(env, "mkdir", "-p", ASIDE)
    try:
        with ExitStack() as undo:
            for node in standbys(env):
                undo.enter_context(altered(env, node, archive_command=PUT_ASIDE))
            yield
    finally:
        _checked(env, "sh", "-c", ARCHIVE, "archive", primary(env))
        env.backups().send_log()


def _checked(env: Environment, *argv: str) -> None:
    done = env.run(*argv, timeout=120)
    if not done.ok:
        raise UnhealthyError(f"{argv[0]}: {done.tail(2)}")
