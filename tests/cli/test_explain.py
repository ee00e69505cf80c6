import pytest
from tests.cli.conftest import Uz

from uz.checklist import ITEMS, Item


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_an_item_is_explained_with_all_that_is_tried_and_broken(uz: Uz, item: Item) -> None:
    said = uz("explain", item.id)
    assert said.code == 0
    assert said.out.startswith(f"{item.id}: {item.line}\n")
    assert all(f"{one.name} " in said.out and one.line in said.out for one in item.experiments)
    assert all(f"{one.name} " in said.out and one.line in said.out for one in item.controls)
    assert f"Evidence counts for {item.max_age.days} days" in said.out
    assert said.out.rstrip().endswith(item.fix)


def test_all_items_are_explained_without_a_project(uz: Uz) -> None:
    said = uz("explain")
    assert said.code == 0
    assert all(f"{item.id}: " in said.out for item in ITEMS)


def test_an_unknown_item_is_two(uz: Uz) -> None:
    assert uz("explain", "tls.weak").code == 2
