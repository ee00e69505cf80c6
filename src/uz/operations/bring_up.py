"""Bringing an environment of a project up."""

from dataclasses import dataclass, replace

from uz.components.pgbouncer import prepares
from uz.errors import UzError
from uz.operations.place import Place, changing, same_project
from uz.operations.settle import settled_before
from uz.secret import Secret
from uz.targets.local.one_run import Progress
from uz.targets.local.releases import uncommitted
from uz.targets.local.up import Applied, up


@dataclass(frozen=True)
class BroughtUp:
    """What was applied, and what the user should know about it."""

    applied: Applied
    notes: tuple[str, ...]


def bring_up(
    place: Place,
    command: str,
    *,
    progress: Progress,
    working_tree: bool = False,
    adopt: bool = False,
    identity: Secret | None = None,
) -> BroughtUp:
    """Apply the Spec to its environment. `identity`: a pipeline's own token. Raises UzError."""
    if working_tree:
        app = place.spec.app.model_copy(update={"source": "working-tree"})
        place = replace(place, spec=place.spec.model_copy(update={"app": app}))
    if not adopt:
        same_project(place.layout, place.project)
    with changing(place.layout, command):
        settled_before(place, progress)
        applied = up(
            place.layout,
            place.spec,
            place.stack,
            place.machine,
            place.project,
            progress=progress,
            identity=identity,
        )
        over = _rotations_over(place, applied, progress, by_token=identity is not None)
    return BroughtUp(applied, (*applied.notes, *over, *_notes(place)))


def _rotations_over(
    place: Place, applied: Applied, progress: Progress, *, by_token: bool
) -> list[str]:
    """Finish rotations that were interrupted; return what the user should know of them."""
    if by_token and not place.spec.secrets.embedded:  # Uz itself has nothing to log in with
        return [f"{name} is half rotated: `uz secrets rotate {name}`" for name in applied.rotating]
    if applied.rotating:
        from uz.targets.local.rotation.rotate import finish  # loads clients of the stores
    for name in applied.rotating:
        finish(place.environment, name, progress)
    return [f"an interrupted rotation of {name} is finished" for name in applied.rotating]


def _notes(place: Place) -> list[str]:
    notes = []
    try:
        if uncommitted(place.spec, place.project):
            notes.append("uncommitted changes are not in this release (--working-tree takes them)")
    except UzError:
        notes.append("git could not say whether there are uncommitted changes")
    if not place.machine.isolated:
        notes.append(
            "isolation is off: servers and app run as one user (start as root to part them)"
        )
    if place.spec.database and not prepares(place.machine):
        version = place.machine.programs["pgbouncer"].version_text
        notes.append(
            f"PgBouncer {version} loses prepared statements: DATABASE_PREPARED_STATEMENTS is off,"
            " docs/how-to/database.md says what drivers need then"
        )
    if place.spec.edge.certificate is None:
        authority = place.layout.data / "authority.pem"
        notes.append(f"the certificate is of a local CA that browsers do not know: {authority}")
    if place.layout.recovery_kit.exists():
        notes.append(
            f"the recovery kit lies readable in {place.layout.recovery_kit}: take it off this"
            " machine (`uz secrets kit` shows it, `uz secrets kit --remove` removes it)"
        )
    return notes
