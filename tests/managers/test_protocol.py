from dataclasses import FrozenInstanceError

import pytest

from uz.managers import VALUE, WHOLE, Kept, Manager
from uz.secret import Secret
from uz.testing import MemoryManager


def test_what_is_kept_shows_no_value_and_does_not_change() -> None:
    kept = Kept({VALUE: Secret(b"very-secret")}, "1")
    assert "very-secret" not in repr(kept)
    with pytest.raises(FrozenInstanceError):
        kept.version = "2"  # type: ignore[misc]


def test_the_whole_of_a_secret_is_no_field_that_anybody_could_write() -> None:
    assert WHOLE == ""
    assert WHOLE != VALUE


def test_a_manager_in_memory_is_a_manager() -> None:
    one: Manager = MemoryManager()
    assert one.name
