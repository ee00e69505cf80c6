import json
from collections.abc import Callable, Iterator

import pytest
from tests.targets.local.own_openbao import OwnOpenBao, an_environment

from uz.backups import PASSPHRASE
from uz.errors import SecretError
from uz.secret import Secret
from uz.targets.local import furnish
from uz.targets.local.furnish import emptied
from uz.targets.local.layout import Layout
from uz.targets.local.openbao_tls import fingerprint
from uz.targets.local.recovery import bootstrap_in

pytestmark = pytest.mark.live


class Killed(BaseException):
    """As if the process had ended here."""


@pytest.fixture
def new(layout: Layout) -> Iterator[OwnOpenBao]:
    """One that runs and was never initialised, of an environment that is no rehearsal."""
    made = an_environment(layout, "trial", kind="staging")
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_it_is_initialised_once_and_has_all_that_is_needed(new: OwnOpenBao) -> None:
    assert new.furnish()
    assert not new.furnish()
    assert not new.layout.initialising.exists()
    kit = json.loads(new.layout.recovery_kit.read_text())
    assert kit["bootstrap"] == new.bootstrap.secret.reveal().decode()
    assert kit["seal_key"] == new.bootstrap.seal_key.reveal().decode()
    assert kit["authority_key_sha256"] == fingerprint(new.layout)
    assert len(kit["recovery_shares"]) == 3
    assert new.source.read(PASSPHRASE) == Secret(kit["backup_passphrase"].encode())
    assert bootstrap_in(json.dumps(kit), new.layout) == new.bootstrap


def test_it_opens_again_with_what_the_bootstrap_credential_gives(new: OwnOpenBao) -> None:
    new.furnish()
    new.source.write("a", Secret(b"kept"))
    new.stop()
    for path in (new.layout.credentials / "openbao").iterdir():
        path.unlink()
    new.start()
    assert not new.furnish()
    assert new.source.read("a") == Secret(b"kept")


def killed_in(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let initialising end at one of its steps."""

    def kill(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(furnish, step, kill)


@pytest.mark.parametrize("step", ["furnish", "ensure", "write_kit", "revoke"])
def test_one_that_was_killed_in_between_is_made_anew(
    new: OwnOpenBao, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    killed_in(monkeypatch, step)
    with pytest.raises(Killed):
        new.furnish()
    monkeypatch.undo()
    assert new.layout.initialising.exists()
    assert new.furnish(), "it was initialised now"
    assert not new.layout.initialising.exists()
    assert bootstrap_in(new.layout.recovery_kit.read_text(), new.layout) == new.bootstrap
    roots = new.source.manager.client.auth.token  # type: ignore[attr-defined]
    accessors = roots.list_accessors()["data"]["keys"]
    assert "root" not in str([roots.lookup_accessor(one)["data"]["policies"] for one in accessors])


def test_one_that_was_killed_after_its_last_step_loses_nothing(new: OwnOpenBao) -> None:
    new.furnish()
    new.source.write("a", Secret(b"kept"))
    new.layout.initialising.touch()
    assert not new.furnish()
    assert new.source.read("a") == Secret(b"kept")
    assert not new.layout.initialising.exists()


def test_what_was_initialised_to_the_end_is_never_emptied(
    layout: Layout, again: Callable[[], None]
) -> None:
    (layout.data / "openbao").mkdir(parents=True)
    (layout.data / "openbao/vault.db").write_text("all secrets")
    with pytest.raises(SecretError, match="holds secrets, and is not removed"):
        again()
    assert (layout.data / "openbao/vault.db").exists()
    layout.initialising.touch()
    again()
    assert list((layout.data / "openbao").iterdir()) == []


@pytest.fixture
def again(layout: Layout) -> Callable[[], None]:
    return lambda: emptied(layout)


def test_a_rehearsal_has_no_kit(layout: Layout) -> None:
    made = an_environment(layout, "trial")
    try:
        made.start()
        assert made.furnish()
        assert not any(path.exists() for path in layout.beside[1:])
        layout.initialising.touch()
        assert not made.furnish(), "it is complete without"
    finally:
        made.stop()
