"""The secrets manager for commands that change nothing: they do not wait for those that do."""

from collections.abc import Callable

from uz.errors import UnreachableError
from uz.managers import ManagedSecrets
from uz.operations.managed import Managed, managed
from uz.operations.place import Place, changing
from uz.targets.local.keeping import log_in


def reached(place: Place, command: str, progress: Callable[[str, str], None]) -> Managed:
    """Log in to the manager. Only to start Uz's own where it is down, the environment is held.

    Raises UzError; BusyError where another command holds the environment while it is down.
    """
    if not place.spec.secrets.embedded:
        return managed(place, progress)
    try:
        source = log_in(place.layout, place.spec, place.project)
    except UnreachableError:
        with changing(place.layout, command):
            return managed(place, progress)
    assert isinstance(source, ManagedSecrets)
    return Managed(source.manager, source)
