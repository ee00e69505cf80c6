"""What a drill leaves behind: a line in the history, and evidence for the item."""

from collections.abc import Callable

from uz.backups.drilled import Drilled
from uz.checklist.backups_restorable import BackupsRestorable
from uz.checklist.restoring.drills import verdict_of
from uz.errors import BusyError
from uz.operations import evidence_store
from uz.operations.drill import drill
from uz.operations.drill_history import remember
from uz.operations.place import Place
from uz.operations.prove import evidence_of
from uz.targets.local.state import locked

FREE = 60.0
"""Seconds in which the environment has to be free, to keep the evidence."""


def drilled(place: Place, progress: Callable[[str, str], None], *, whole: bool = True) -> Drilled:
    """Try a restore, and keep what came of it. Raises UzError where it cannot be tried at all."""
    done = drill(place, progress, whole=whole)
    remember(place.layout, done)
    try:
        _keep_evidence(place, done)
    except BusyError as error:
        progress("evidence", f"not kept, the item is not proven by this drill: {error}")
    return done


def _keep_evidence(place: Place, done: Drilled) -> None:
    """For both experiments of the item where the app was brought up, else for the first."""
    item, env = BackupsRestorable(), place.environment
    tried = item.experiments if done.whole else item.experiments[:1]
    verdict, inputs = verdict_of(env, done), env.inputs(item.inputs)
    evidence = [evidence_of(env, item, one, verdict, inputs) for one in tried]
    with locked(place.layout, "drill", FREE):
        evidence_store.keep(place.layout.evidence, evidence)
