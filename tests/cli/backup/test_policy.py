import json

import pytest
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.backups.policies import POLICIES
from uz.cli.backup.policy import IDENTITIES

OFFSITE = {
    "offsite": "s3://shop-backups/eu",
    "access_key": "ref+file://.secrets/a",
    "secret_key": "ref+file://.secrets/b",
}


@pytest.mark.parametrize("identity", IDENTITIES)
def test_it_is_of_the_bucket_and_the_prefix_in_uz_toml(
    uz: Uz, projects: Projects, identity: str
) -> None:
    projects.applied(backups=OFFSITE)
    said = uz("backup", "policy", identity)
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out) == POLICIES[identity]("shop-backups", "eu/")


def test_without_a_word_it_is_the_machines(uz: Uz, projects: Projects) -> None:
    projects.applied(backups=OFFSITE)
    assert uz("backup", "policy").out == uz("backup", "policy", "adder").out


def test_every_identity_can_be_asked_for() -> None:
    assert set(IDENTITIES) == set(POLICIES)
