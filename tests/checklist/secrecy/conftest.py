from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.checklist.secrecy_stand import SecrecyStand, a_stand


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[SecrecyStand]:
    """An environment with real secrets, files and one process."""
    with a_stand(tmp_path) as one:
        yield one
