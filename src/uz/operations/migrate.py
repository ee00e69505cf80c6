"""`uz migrate`: the migration of the active release, once more."""

from uz.errors import UzError
from uz.operations.place import Place, changing
from uz.secret import FileSecrets
from uz.targets.local.leading import given
from uz.targets.local.memory import deliver
from uz.targets.local.once import run_once
from uz.targets.local.render import render

SERVICE = "migrate"


def migrate(place: Place, command: str) -> float:
    """Run the spec's command in the active release; return how many seconds it took.

    Raises UzError where there is none, or it fails.
    """
    spec, layout = place.spec, place.layout
    if spec.database is None or spec.database.migrate is None:
        raise UzError(
            "uz.toml has no database.migrate",
            hint='Write it, such as: [database] migrate = "alembic upgrade head"',
        )
    with changing(layout, command):
        script = layout.config / "services" / SERVICE
        wanted = render(spec, place.stack, place.machine)
        if not script.exists() or script.read_text() != wanted[f"services/{SERVICE}"]:
            raise UzError(
                "uz.toml says something else than what runs",
                hint="`uz up` applies it, and migrates.",
            )
        deliver(layout, place.stack, FileSecrets(layout.secrets), given(layout, spec))
        return run_once(layout, place.stack.service(SERVICE))
