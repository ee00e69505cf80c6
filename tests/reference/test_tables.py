"""Tables and keys are read from the types of the Spec, and have to be described."""

from datetime import timedelta

import pytest

from uz.reference.tables import Section, default_value, kind_key, sections
from uz.spec import App, Process, Spec
from uz.spec.table import Table


def section(title: str) -> Section:
    """The section of this title."""
    return next(one for one in sections() if one.title == title)


def test_every_table_of_the_spec_is_a_section() -> None:
    titles = [one.title for one in sections()]
    assert titles[:3] == ["", "app", "processes.NAME"]
    tables = [name for name, field in Spec.model_fields.items() if isinstance(field.default, Table)]
    assert set(tables) <= set(titles)


def test_a_key_has_its_kind_its_default_and_its_sentence() -> None:
    keys = {key.name: key for key in section("app").keys}
    assert set(keys) == set(App.model_fields)
    assert keys["name"].required
    assert (keys["start_timeout"].kind, keys["start_timeout"].default) == ("duration", '"30s"')
    assert keys["command"].description.startswith("Starts one web instance")
    assert "\n" not in keys["command"].description


def test_what_the_command_line_says_is_no_key() -> None:
    assert [key.name for key in section("").keys] == ["version"]


def test_the_kind_of_an_environment_names_its_choices() -> None:
    assert '`"production"` or `"staging"`' in kind_key().kind


def test_defaults_are_as_a_user_would_write_them() -> None:
    field = App.model_fields["stop_timeout"]
    assert default_value(field, App.__annotations__["stop_timeout"]) == "15s"
    assert field.default == timedelta(seconds=15)
    assert default_value(App.model_fields["name"], str) is None


def test_a_key_without_a_description_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Process.model_fields["instances"], "description", None)
    with pytest.raises(ValueError, match="instances"):
        sections()
