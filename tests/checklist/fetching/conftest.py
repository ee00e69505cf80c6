"""One OpenBao for all tests of fetching; what a test changes in it, it undoes."""

from collections.abc import Iterator
from pathlib import Path

import hvac
import pytest
from tests.checklist.fetching_stand import CREDENTIAL, FetchingStand, served, trial
from tests.managers.openbao_server import OpenBao

from uz.managers.rights import OPERATOR
from uz.managers.vault_login import by_approle


@pytest.fixture(scope="package")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenBao, hvac.Client]]:
    """A server, and the operator's client."""
    with served(tmp_path_factory.mktemp("fetching")) as both:
        yield both


@pytest.fixture
def stand(bao: tuple[OpenBao, hvac.Client], tmp_path: Path) -> FetchingStand:
    """An environment as it should be. The operator logs in anew: a login holds for some minutes,
    and tests of something else may have been in between."""
    by_approle(bao[1], OPERATOR, CREDENTIAL)
    made = FetchingStand(trial(), *bao, tmp_path)
    made.configure()
    return made
