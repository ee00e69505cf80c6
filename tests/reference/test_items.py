"""The page on items."""

from dataclasses import replace
from typing import Any

import pytest

from uz.checklist import ITEMS
from uz.evidence import Effect
from uz.reference import items as page
from uz.reference.items import EFFECTS, items


def test_every_item_has_a_section_with_its_docstring_and_its_cure() -> None:
    text = items()
    for item in ITEMS:
        section = text.split(f"\n## {item.id}\n")[1].split("\n## ")[0]
        assert (type(item).__doc__ or "").splitlines()[0] in section
        assert item.fix in section


def test_every_control_names_an_experiment_of_its_item() -> None:
    for item in ITEMS:
        assert {one.catches for one in item.controls} <= {one.name for one in item.experiments}


def test_every_class_of_experiment_is_explained() -> None:
    assert set(EFFECTS) == set(Effect)


def test_a_control_without_a_description_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    first: Any = ITEMS[0]

    class Silent:
        """An item with a control that says nothing."""

        def __getattr__(self, name: str) -> Any:
            value = getattr(first, name)
            return tuple(replace(one, line="") for one in value) if name == "controls" else value

    monkeypatch.setattr(page, "ITEMS", (Silent(),))
    with pytest.raises(ValueError, match=first.controls[0].name):
        items()
