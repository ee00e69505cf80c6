"""What tests of items ask for."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.checklist.edges import Edges, edges


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edges]:
    """Makes environments with a real edge."""
    with edges(tmp_path, random.randrange(10_000, 20_000)) as make:
        yield make
