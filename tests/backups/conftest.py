"""One real SeaweedFS for all tests that ask for it; each keeps to keys of its own."""

import secrets
from collections.abc import Iterator

import pytest
from tests.backups.seaweed_server import Seaweed, seaweed


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """A server that runs: leave it so."""
    with seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture
def top() -> str:
    """What keys begin with that nobody else uses."""
    return f"{secrets.token_hex(8)}/"
