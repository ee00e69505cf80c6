import pytest
from tests.places import Projects

from uz.backups.no_database import NoDatabase
from uz.backups.pgbackrest import PgBackRest
from uz.backups.s3 import S3Store
from uz.errors import SecretError, UzError
from uz.operations import backups_of as module
from uz.operations.backups_of import engine_for, policy_of, store_for, wanted_backups
from uz.targets.local.backups.repository import Repository
from uz.targets.local.backups.store_of import ACCESS, SECRET
from uz.testing import MemorySecrets


def test_without_the_table_it_says_what_to_write(projects: Projects) -> None:
    with pytest.raises(UzError, match=r"has no \[backups\]"):
        wanted_backups(projects.place())


def test_without_another_place_there_is_no_store(projects: Projects) -> None:
    with pytest.raises(UzError, match="on this machine only"):
        store_for(projects.place(backups={}))


def test_the_machines_identity_needs_what_was_delivered_and_no_manager(projects: Projects) -> None:
    place = projects.applied(backups={"offsite": "embedded"}, secrets={"manager": "openbao"})
    with pytest.raises(SecretError, match="not delivered"):
        store_for(place)


def test_the_engine_is_that_of_the_database(projects: Projects) -> None:
    place = projects.place(backups={}, database={"migrate": "true"})
    one = Repository(place.layout.repositories / "cafe")
    assert isinstance(engine_for(place, one), PgBackRest)
    assert isinstance(engine_for(projects.place(backups={}), one), NoDatabase)


def test_the_policy_of_the_embedded_store_is_of_its_bucket(projects: Projects) -> None:
    policy = policy_of(projects.place(backups={"offsite": "embedded"}), "reader")
    assert "arn:aws:s3:::backups/shop/production/*" in str(policy)


KEY = "ref+vault://secret/store#/key"
OWN = {"offsite": "s3://vault", "access_key": KEY, "secret_key": KEY}


@pytest.mark.parametrize("identity", ["retention", "reader"])
def test_another_identity_of_a_bucket_of_the_users_needs_no_secrets_manager(
    projects: Projects, monkeypatch: pytest.MonkeyPatch, identity: str
) -> None:
    monkeypatch.setenv(ACCESS, "theirs")
    monkeypatch.setenv(SECRET, "theirs-too")
    monkeypatch.setattr(module, "log_in", lambda *_: pytest.fail("it logs in"))
    place = projects.place(backups=OWN, secrets={"manager": "openbao"})
    assert isinstance(store_for(place, identity), S3Store)


def test_that_of_the_embedded_store_is_asked_of_the_manager(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "log_in", lambda *_: MemorySecrets())
    place = projects.applied(backups={"offsite": "embedded"})
    with pytest.raises(SecretError, match="offsite/retention"):
        store_for(place, "retention")
