"""What holds for every item, and the tuple of all."""

import inspect
import re

import pytest

from uz.checklist import ITEMS, Item
from uz.components import compose
from uz.stack import Role
from uz.testing import MACHINE, spec

EVERY = pytest.mark.parametrize("item", ITEMS, ids=[item.id for item in ITEMS])


def test_ids_are_unique() -> None:
    assert len({item.id for item in ITEMS}) == len(ITEMS)


@EVERY
def test_an_item_says_what_it_is_and_how_to_mend_it(item: Item) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z-]+", item.id)
    assert item.line
    assert item.fix.endswith(".")
    assert len((inspect.getdoc(item) or "").splitlines()) > 2


@EVERY
def test_every_experiment_has_a_control_that_breaks_it(item: Item) -> None:
    names = [experiment.name for experiment in item.experiments]
    assert len(set(names)) == len(names) > 0
    assert {control.catches for control in item.controls} == set(names)
    assert len({control.name for control in item.controls}) == len(item.controls)


@EVERY
def test_evidence_depends_on_services_or_tables_and_ages(item: Item) -> None:
    of = spec(
        secrets={"manager": "openbao"}, redis={"purpose": "cache"}, database={}, backups={}
    )  # fmt: skip
    services = compose(of, MACHINE).services
    known = {role.value for role in Role} | {service.name for service in services}
    assert item.inputs
    assert all(name in known or name.startswith("[") for name in item.inputs)
    assert item.max_age.total_seconds() >= 86_400
