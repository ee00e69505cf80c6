"""`uz recover` where the secrets are in a manager of the user's own: there is no recovery kit."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.managers.openbao_server import OpenBao, openbao

from uz.components import compose
from uz.errors import SecretError, UnreachableError
from uz.operations.place import Place
from uz.operations.recover import known_from
from uz.spec import Spec
from uz.targets.local.backups.store_of import ACCESS, SECRET
from uz.targets.local.bootstrap import bootstrap_path
from uz.targets.local.layout import Layout
from uz.testing.specs import MACHINE, spec

BACKUPS = {
    "offsite": "s3://vault",
    "access_key": "ref+vault://secret/store#/access",
    "secret_key": "ref+vault://secret/store#/secret",
}


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    with openbao(tmp_path_factory.mktemp("vault")) as server:
        yield server


def with_manager(vault: OpenBao) -> Spec:
    secrets = {
        "manager": "vault",
        "address": vault.address,
        "authority": str(vault.authority),
        "login": "token",
    }
    return spec(secrets=secrets, backups=BACKUPS)


@pytest.fixture
def place(vault: OpenBao, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A place on a machine that has the credential for the manager, and nothing else."""
    monkeypatch.setenv(ACCESS, "reader")
    monkeypatch.setenv(SECRET, "of-the-reader")
    wanted = with_manager(vault)
    layout = Layout(tmp_path / "home", "shop", "production")
    path = bootstrap_path(layout, wanted)
    path.parent.mkdir(parents=True)
    assert vault.root
    path.write_bytes(vault.root.reveal())
    path.chmod(0o400)
    return Place(tmp_path, wanted, MACHINE, compose(wanted, MACHINE), layout)


def test_a_manager_without_the_passphrase_is_told(place: Place) -> None:
    with pytest.raises(SecretError, match="backups/passphrase: not in the secrets manager"):
        known_from(place, None)


def test_the_passphrase_is_read_from_it_and_no_kit_is_asked_for(
    place: Place, vault: OpenBao
) -> None:
    vault.client().secrets.kv.v2.create_or_update_secret(
        "shop/production/uz/backups/passphrase", {"value": "of the backups"}
    )
    known = known_from(place, None)
    assert known.passphrase.reveal() == b"of the backups"
    assert known.kit is None


def test_a_kit_that_is_given_all_the_same_is_left_aside(place: Place, vault: OpenBao) -> None:
    vault.client().secrets.kv.v2.create_or_update_secret(
        "shop/production/uz/backups/passphrase", {"value": "of the backups"}
    )
    known = known_from(place, '{"what": "not looked at"}')
    assert known.kit is None


def test_without_the_credential_for_it_it_is_asked_for(place: Place) -> None:
    bootstrap_path(place.layout, place.spec).unlink()
    with pytest.raises(SecretError, match="not there") as told:
        known_from(place, None)
    assert "Put the token" in told.value.hint


def test_a_manager_that_is_away_is_told(place: Place, vault: OpenBao) -> None:
    vault.stop()
    try:
        with pytest.raises(UnreachableError):
            known_from(place, None)
    finally:
        vault.start()
