import pytest

from uz import errors
from uz.errors import UnhealthyError, UzError

ALL = [kind for kind in vars(errors).values() if isinstance(kind, type)]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_is_one_that_the_user_can_fix_and_keeps_its_hint(kind: type[UzError]) -> None:
    error = kind("what, where", hint="what next")
    assert isinstance(error, UzError)
    assert (str(error), error.hint) == ("what, where", "what next")


@pytest.mark.parametrize("kind", ALL)
def test_only_an_unhealthy_stack_ends_with_1(kind: type[UzError]) -> None:
    assert kind("").exit_code == (1 if kind is UnhealthyError else 2)


@pytest.mark.parametrize("kind", ALL)
def test_every_error_is_in_the_drawing_on_top(kind: type[UzError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")
