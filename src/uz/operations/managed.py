"""The secrets manager of a place, for commands that read and write secrets."""

from dataclasses import dataclass

from uz.errors import UzError
from uz.managers import ManagedSecrets, Manager
from uz.operations.place import Place
from uz.spec import ManagerKind
from uz.targets.local.keeping import log_in
from uz.targets.local.manager_alone import start_openbao
from uz.targets.local.one_run import Progress


@dataclass(frozen=True)
class Managed:
    """A manager that Uz is logged in to, and in it the source of what Uz makes up."""

    manager: Manager
    source: ManagedSecrets


def managed(place: Place, progress: Progress) -> Managed:
    """Log in to the manager; Uz's own is started first where it is down.

    The caller holds the environment. Raises UzError; SecretError where it does not answer or does
    not let Uz in.
    """
    if place.spec.secrets.manager is ManagerKind.FILE:
        raise UzError(
            'secrets.manager = "file" has no place for secrets of yours',
            hint="Write each into a file of its own and refer to it with ref+file://PATH, or leave"
            " secrets.manager out.",
        )
    if place.spec.secrets.embedded:
        start_openbao(
            place.layout, place.spec, place.stack, place.machine, place.project, progress=progress
        )
    source = log_in(place.layout, place.spec, place.project)
    assert isinstance(source, ManagedSecrets)
    return Managed(source.manager, source)
