"""A thief with this machine's credential: on a real store, and what each of its rights means."""

from dataclasses import dataclass

import pytest
from tests.backups.seaweed_server import Seaweed
from tests.checklist.backups_stand import BackupsStand, as_production

from uz.backups.store import Store
from uz.checklist.backups_scheduled import BackupsScheduled
from uz.checklist.offsite.undeletable import undeletable
from uz.operations.prove import judged
from uz.testing import FakeEnvironment
from uz.testing.backups import FakeBackups
from uz.verdict import State

pytestmark = pytest.mark.live
EXPERIMENT = {one.name: one for one in BackupsScheduled().experiments}["undeletable"]


@dataclass
class Vaulted(FakeBackups):
    """Backups in a real store. The machine has the key of `thief`."""

    vault: Seaweed | None = None
    thief: str = "adder"

    def store(self, identity: str = "adder") -> Store:
        """The store as an identity; the machine's as the thief."""
        assert self.vault
        return self.vault.store(self.thief if identity == "adder" else identity, "undeletable/")


def stolen(stand: BackupsStand, vault: Seaweed, thief: str) -> BackupsStand:
    """The stand, with such a key on its machine."""
    stand.backup_system = Vaulted(stand.fake.folder, vault=vault, thief=thief)
    return stand


def test_a_key_that_only_adds_harms_nothing(stand: BackupsStand, vault: Seaweed) -> None:
    found = undeletable(stolen(stand, vault, "adder"))
    assert found.state is State.PROVEN, found.reason
    assert found.figures["tries"] == 7
    again = undeletable(stolen(stand, vault, "adder"))
    assert again.state is State.PROVEN, again.reason


def test_on_production_a_store_on_the_same_machine_is_only_declared(
    stand: BackupsStand, vault: Seaweed
) -> None:
    assert undeletable(as_production(stolen(stand, vault, "adder"))).state is State.DECLARED


def test_an_administrators_key_is_refuted_and_what_it_can_do_is_named(
    stand: BackupsStand, vault: Seaweed
) -> None:
    found = undeletable(stolen(stand, vault, "admin"))
    assert found.state is State.REFUTED
    assert "delete (allowed)" in found.reason
    assert "pass the lock (allowed)" in found.reason


def test_without_backups_it_is_missing() -> None:
    assert undeletable(FakeEnvironment()).state is State.MISSING


def test_a_store_that_cannot_be_tried_is_undecided(stand: BackupsStand) -> None:
    found = judged(stand, EXPERIMENT)
    assert found.state is State.UNKNOWN
    assert "only a store that speaks S3" in found.reason
