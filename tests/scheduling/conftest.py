"""What tests of the scheduler ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scheduling.stand import Stand


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A folder for jobs; nothing of it runs afterwards."""
    one = Stand(tmp_path / "root")
    one.root.mkdir()
    yield one
    one.end()
