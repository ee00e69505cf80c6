"""The manager in memory keeps what every secrets manager promises."""

import pytest

from uz.managers import Manager
from uz.testing import MemoryManager
from uz.testing.manager_conformance import ManagerConformance


class TestMemoryManager(ManagerConformance):
    @pytest.fixture
    def manager(self) -> Manager:
        return MemoryManager()

    @pytest.fixture
    def path(self) -> str:
        return "secret/tests/one"
