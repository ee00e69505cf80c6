"""The report of an environment, from the evidence that is stored with it."""

from datetime import UTC, datetime

from uz.checklist import ITEMS, Item
from uz.checklist.item import inapplicable_since
from uz.operations import evidence_store
from uz.operations.place import Place
from uz.operations.prove import Tried
from uz.report.report import Report, assembled


def stored(
    place: Place, items: tuple[Item, ...] = ITEMS, controls: tuple[Tried, ...] = ()
) -> Report:
    """Put together what is known of these items now. Raises MachineError."""
    return assembled(
        place.spec.app.name,
        place.spec.environment,
        place.spec.kind.value,
        items,
        lambda item: evidence_store.read(place.layout.evidence, item),
        place.environment.inputs,
        datetime.now(UTC),
        controls,
        lambda item: inapplicable_since(item, place.spec),
    )
