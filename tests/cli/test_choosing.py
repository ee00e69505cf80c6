import pytest

from uz.checklist import ITEMS
from uz.cli.choosing import chosen
from uz.errors import UzError


def test_nothing_chosen_is_everything() -> None:
    assert chosen([]) == ITEMS


def test_items_come_in_the_order_of_the_checklist_and_once() -> None:
    names = [item.id for item in ITEMS]
    assert [item.id for item in chosen([*reversed(names), *names])] == names
    assert [item.id for item in chosen(["tls.strong"])] == ["tls.strong"]


def test_an_unknown_item_is_an_error_with_the_nearest_name() -> None:
    with pytest.raises(UzError, match=r"tls\.strnog: not an item") as raised:
        chosen(["tls.terminated", "tls.strnog"])
    assert raised.value.hint == "Did you mean tls.strong?"
    assert all(item.id in str(raised.value) for item in ITEMS)


def test_a_name_that_is_near_nothing_has_no_suggestion() -> None:
    with pytest.raises(UzError) as raised:
        chosen(["qqqqq"])
    assert raised.value.hint == ""
