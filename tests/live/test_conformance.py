"""The local target keeps every promise of an Environment, on real processes."""

import os
from collections.abc import Iterator

import pytest
from tests.live.stage import Stage, a_stage

from uz.components import compose
from uz.operations.place import layout_of, place_of
from uz.targets.local.environment import LocalEnvironment, rehearsal_spec
from uz.targets.local.up import up
from uz.testing import EnvironmentConformance

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def scratch() -> Iterator[Stage]:
    """A stage whose UZ_HOME is that of this process."""
    before = os.umask(0o077)
    with a_stage() as one, pytest.MonkeyPatch.context() as patch:
        patch.setenv("UZ_HOME", str(one.home))
        yield one
    os.umask(before)


@pytest.fixture(scope="module")
def rehearsal(scratch: Stage) -> LocalEnvironment:
    """A rehearsal that is up, for all the tests: each of them leaves it healthy."""
    place = place_of(scratch.project, "production")
    spec = rehearsal_spec(place.spec, scratch.another_base())
    stack, layout = compose(spec, place.machine), layout_of(spec)
    up(layout, spec, stack, place.machine, place.project, progress=lambda *_: None, parent="any")
    return LocalEnvironment(layout, spec, stack, place.machine, rehearses=place.spec.kind)


class TestLocalEnvironment(EnvironmentConformance):
    """The suite that the fake passes too."""

    @pytest.fixture
    def environment(self, rehearsal: LocalEnvironment) -> LocalEnvironment:
        """The rehearsal, as healthy as it was."""
        assert rehearsal.healthy()
        return rehearsal

    @pytest.fixture
    def other(self, scratch: Stage) -> Iterator[LocalEnvironment]:
        """The same app in production, configured differently."""
        scratch.set("edge.frame_options", "SAMEORIGIN")
        yield place_of(scratch.project, "production").environment
        scratch.set("edge.frame_options", None)
