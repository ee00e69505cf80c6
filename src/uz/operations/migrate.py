"""`uz migrate`: the migration of the active release, once more."""

from uz.errors import UzError
from uz.operations.place import Place, changing, same_project
from uz.operations.rendering import differences
from uz.operations.settle import database_that_is_up
from uz.psql import primary
from uz.targets.local.folders import link
from uz.targets.local.layout import Layout
from uz.targets.local.leading import given
from uz.targets.local.memory import deliver_to
from uz.targets.local.once import run_once
from uz.targets.local.state import read_state

SERVICE = "migrate"


def migrate(place: Place, command: str) -> float:
    """Run the spec's command in the active release; return how many seconds it took.

    Raises UzError where there is none, what runs is not what uz.toml says, or it fails.
    """
    spec, layout = place.spec, place.layout
    if spec.database and spec.database.migrate is None:
        raise UzError(
            "uz.toml has no database.migrate",
            hint='Write it, such as: [database] migrate = "alembic upgrade head"',
        )
    env = database_that_is_up(place)
    same_project(layout, place.project)
    with changing(layout, command):
        if differences(place, layout.config):
            raise UzError(
                "uz.toml says something else than what runs: nothing was changed",
                hint="`uz up` applies it, and migrates.",
            )
        primary(env)
        link(layout.active / SERVICE, layout.releases / _active(layout))
        # the primary may be another one than at the last `uz up`, and its port is a credential
        service = place.stack.service(SERVICE)
        deliver_to(layout, service, env.secrets(), env.referred() | given(layout, spec))
        return run_once(layout, service)


def _active(layout: Layout) -> str:
    """The release that was brought up last, to the end. Raises UzError."""
    state = read_state(layout)
    if state is None or not state.release:
        raise UzError("no release was brought up yet", hint="`uz up` makes one, and migrates.")
    return state.release
