"""Proving on the environment itself: what is harmless always, what disrupts only when allowed."""

from datetime import UTC, datetime

from uz.checklist.item import Item
from uz.errors import UzError
from uz.evidence import Evidence
from uz.operations import evidence_store
from uz.operations.place import Place, changing
from uz.operations.prove import EVERYTHING, HARMLESS, Progress, prove
from uz.spec import Kind
from uz.targets.local.state import read_state


def prove_running(
    place: Place,
    items: tuple[Item, ...],
    command: str,
    *,
    progress: Progress,
    disrupt: bool = False,
) -> tuple[Evidence, ...]:
    """Run the experiments on the running environment and keep their evidence. Raises UzError."""
    if read_state(place.layout) is None:
        raise UzError(
            f"{place.spec.app.name}/{place.spec.environment} was never brought up",
            hint="`uz up` brings it up; `uz rehearse` tries everything without it.",
        )
    if disrupt:
        _allowed_now(place, datetime.now(UTC))
    effects = EVERYTHING if disrupt else HARMLESS
    with changing(place.layout, command):
        evidence = prove(place.environment, items, effects, progress)
        evidence_store.keep(place.layout.evidence, evidence)
    return evidence


def _allowed_now(place: Place, now: datetime) -> None:
    """Raise UzError where users of production would be disrupted outside a window."""
    if place.spec.kind is not Kind.PRODUCTION or place.spec.maintenance.open_at(now):
        return
    windows = ", ".join(place.spec.maintenance.windows)
    raise UzError(
        f"{place.spec.environment} is production, and no maintenance window is open now",
        hint=f"Windows in UTC: {windows}."
        if windows
        else "`uz rehearse` tries it without users;"
        ' or set [maintenance] windows = ["Sun 02:00-04:00"].',
    )
