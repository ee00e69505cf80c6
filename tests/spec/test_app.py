import pytest

from uz.errors import SpecError
from uz.spec.app import RESERVED
from uz.testing import spec


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_variables_that_uz_sets_itself_are_refused(name: str) -> None:
    with pytest.raises(SpecError, match=f"{name}: set by Uz itself"):
        spec(app={"env": {name: "x"}})


@pytest.mark.parametrize("name", ["lower", "1A", "A-B", "A=B", "", "A\nB"])
def test_a_variable_has_a_plain_name(name: str) -> None:
    with pytest.raises(SpecError):
        spec(app={"env": {name: "x"}})


def test_only_the_web_command_has_a_port() -> None:
    with pytest.raises(SpecError, match=r"only app\.command has a \$PORT"):
        spec(app={"build": ["make", "make $PORT"]})
    with pytest.raises(SpecError, match=r"only app\.command has a \$PORT"):
        spec(processes={"mail": {"command": "mail ${PORT}"}})


def test_the_defaults_suit_an_app_that_says_little() -> None:
    app = spec().app
    assert (app.instances, app.health, app.source, app.aliases) == (2, "/", "git", ())
