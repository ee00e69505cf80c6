from pathlib import Path
from typing import Any

import pytest
from tests.targets.local.own_openbao import OwnOpenBao

from uz.components import compose
from uz.errors import MachineError, SecretError, UnreachableError
from uz.managers import ManagedSecrets
from uz.secret import FileSecrets, Secret
from uz.targets.local import keeping
from uz.targets.local.bootstrap import make_bootstrap
from uz.targets.local.keeping import log_in, own_bootstrap, referred
from uz.targets.local.layout import Layout
from uz.testing import MACHINE, MemoryManager, MemorySecrets, spec

VAULT = {"manager": "vault", "address": "https://127.0.0.1:1", "role": "shop"}
NOWHERE = Path("/nonexistent")


@pytest.fixture
def place(layout: Layout) -> Layout:
    layout.root.mkdir(parents=True)
    return layout


def test_of_manager_file_it_is_the_file(place: Layout) -> None:
    found = log_in(place, spec(), NOWHERE)
    assert isinstance(found, FileSecrets)
    assert found.path == place.secrets


@pytest.mark.live
def test_the_bootstrap_credential_opens_the_own_openbao(own: OwnOpenBao) -> None:
    found = log_in(own.layout, own.spec, NOWHERE)
    assert isinstance(found, ManagedSecrets)
    assert found.prefix == "secret/uz"
    assert "backups/passphrase" in found.names()


def test_a_lost_credential_is_told_with_both_ways_on(place: Layout) -> None:
    with pytest.raises(SecretError, match=r"trial\.bootstrap: .* is not there") as raised:
        log_in(place, spec("trial", secrets={}), NOWHERE)
    assert "uz up" in raised.value.hint
    assert "uz secrets recover" in raised.value.hint


def test_a_credential_that_others_may_read_opens_nothing(place: Layout) -> None:
    make_bootstrap(place.bootstrap)
    place.bootstrap.chmod(0o640)
    with pytest.raises(MachineError, match="others may read"):
        own_bootstrap(place, spec("trial", secrets={}))


@pytest.mark.parametrize(("login", "what"), [("approle", "secret id"), ("token", "token")])
def test_what_the_users_own_vault_needs_is_said(place: Layout, login: str, what: str) -> None:
    of = spec("trial", secrets=VAULT | {"login": login})
    with pytest.raises(SecretError, match="not there") as raised:
        log_in(place, of, NOWHERE)
    assert raised.value.hint == f"Put the {what} for https://127.0.0.1:1 there, mode 0400"


def test_a_pipeline_without_its_token_is_told_how_to_give_it(place: Layout) -> None:
    of = spec("trial", secrets=VAULT | {"login": "jwt"})
    with pytest.raises(SecretError, match="needs the identity token") as raised:
        log_in(place, of, NOWHERE)
    assert "UZ_IDENTITY_TOKEN" in raised.value.hint


def test_a_vault_that_does_not_answer_is_unreachable(place: Layout) -> None:
    make_bootstrap(place.bootstrap)
    with pytest.raises(UnreachableError):
        log_in(place, spec("trial", secrets=VAULT), NOWHERE)


@pytest.mark.parametrize(
    ("table", "opener"),
    [
        (VAULT | {"login": "token"}, "of the file"),
        (VAULT | {"login": "jwt"}, "a.b.c"),
        ({"manager": "awssecrets"}, None),
        ({"manager": "azurekeyvault", "address": "https://shop.vault.azure.net"}, None),
    ],
)
def test_each_manager_gets_what_opens_it_and_a_prefix(
    place: Layout, monkeypatch: pytest.MonkeyPatch, table: dict[str, Any], opener: str | None
) -> None:
    asked: list[Secret | None] = []
    manager = MemoryManager()

    def opened(_spec: object, bootstrap: Secret | None, _project: Path) -> MemoryManager:
        asked.append(bootstrap)
        return manager

    monkeypatch.setattr(keeping, "opened", opened)
    secret = make_bootstrap(place.bootstrap).secret
    found = log_in(place, spec("trial", secrets=table), NOWHERE, Secret(b"a.b.c"))
    assert isinstance(found, ManagedSecrets)
    assert found.manager is manager
    assert found.prefix.endswith("shop/trial/uz")
    expected = {"of the file": secret, "a.b.c": Secret(b"a.b.c"), None: None}[opener]
    assert asked == [expected]


def test_references_are_resolved_and_all_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("long-enough-value\n")
    env = {"A": "ref+file://key", "B": "ref+file://none", "C": "ref+file://gone"}
    of = spec(app={"env": {"A": env["A"]}})
    found = referred(compose(of, MACHINE), of, MemorySecrets(), tmp_path)
    assert found == {"ref+file://key": Secret(b"long-enough-value\n")}
    of = spec(app={"env": env})
    with pytest.raises(SecretError) as raised:
        referred(compose(of, MACHINE), of, MemorySecrets(), tmp_path)
    assert "none" in str(raised.value)
    assert "gone" in str(raised.value)


def test_the_managers_own_secrets_are_found_in_it() -> None:
    manager = MemoryManager()
    manager.write("secret/stripe", {"key": Secret(b"sk-of-the-user")})
    text = "ref+vault://secret/stripe#/key"
    of = spec(secrets={}, app={"env": {"STRIPE_KEY": text}})
    source = ManagedSecrets(manager, "secret/uz")
    found = referred(compose(of, MACHINE), of, source, NOWHERE)
    assert found == {text: Secret(b"sk-of-the-user")}


def test_a_reference_to_a_vault_without_one_is_told() -> None:
    of = spec(app={"env": {"STRIPE_KEY": "ref+vault://secret/stripe#/key"}})
    with pytest.raises(SecretError, match="has no OpenBao or Vault"):
        referred(compose(of, MACHINE), of, MemorySecrets(), NOWHERE)
