"""One OpenBao for all tests of fetching; what a test changes in it, it undoes.

Not for the session: the operator is logged in for some minutes, and other tests may be in between.
"""

from collections.abc import Iterator
from pathlib import Path

import hvac
import pytest
from tests.checklist.fetching_stand import FetchingStand, served, trial
from tests.managers.openbao_server import OpenBao


@pytest.fixture(scope="package")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenBao, hvac.Client]]:
    """A server, and the operator's client."""
    with served(tmp_path_factory.mktemp("fetching")) as both:
        yield both


@pytest.fixture
def stand(bao: tuple[OpenBao, hvac.Client], tmp_path: Path) -> FetchingStand:
    """An environment as it should be."""
    made = FetchingStand(trial(), *bao, tmp_path)
    made.configure()
    return made
