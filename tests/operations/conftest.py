"""What tests of operations ask for."""

from collections.abc import Iterator

import pytest
from tests.operations.cluster import Steps
from tests.places import HOME_VARIABLE, Projects, short_folder


@pytest.fixture
def projects(monkeypatch: pytest.MonkeyPatch) -> Iterator[Projects]:
    """Projects, and a home of their own."""
    with short_folder() as folder:
        one = Projects(folder)
        monkeypatch.setenv(HOME_VARIABLE, str(one.home))
        yield one


@pytest.fixture
def steps() -> Steps:
    """What was told of the progress."""
    return Steps()
