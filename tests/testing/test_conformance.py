"""The fake keeps what every Environment promises."""

import pytest

from uz.environment import Environment
from uz.testing import EnvironmentConformance, FakeEnvironment, spec


class TestFakeEnvironment(EnvironmentConformance):
    @pytest.fixture
    def environment(self) -> Environment:
        return FakeEnvironment(spec("trial", app={"generated_secrets": ["key"]}))

    @pytest.fixture
    def other(self) -> Environment:
        return FakeEnvironment(spec(edge={"frame_options": "SAMEORIGIN"}))
