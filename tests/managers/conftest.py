"""One real OpenBao for all tests that ask for it; each keeps to paths of its own."""

import secrets
from collections.abc import Iterator

import pytest
from tests.managers.openbao_server import OpenBao, openbao


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    """A server that runs and is unsealed: leave it so. Its engine is at `secret/`."""
    with openbao(tmp_path_factory.mktemp("openbao")) as server:
        yield server


@pytest.fixture
def path() -> str:
    """A path below `secret/` that nobody uses."""
    return f"secret/tests/{secrets.token_hex(8)}"
