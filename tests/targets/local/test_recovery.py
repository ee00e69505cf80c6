import json
import stat
from typing import Any

import pyrage
import pytest

from uz.errors import SecretError
from uz.secret import Secret
from uz.targets.local.layout import Layout
from uz.targets.local.recovery import Kit, bootstrap_in, kit_in, remove_kit, write_kit
from uz.testing import spec

KIT = Kit(
    app="shop",
    environment="trial",
    bootstrap=Secret(b"a-credential-for-the-tests-alone"),
    seal_key=Secret(b"c2VhbA=="),
    shares=(Secret(b"one"), Secret(b"two"), Secret(b"three")),
    backup_passphrase=Secret(b"for backups"),
    authority_fingerprint="ab12",
)


@pytest.fixture
def place(layout: Layout) -> Layout:
    layout.app_folder.mkdir(parents=True)
    return layout


def test_it_holds_all_that_is_needed_when_the_machine_is_lost() -> None:
    found = json.loads(KIT.text())
    assert found.pop("made_at").endswith("+00:00")
    assert found == {
        "what": "recovery kit of Uz: keep it off the machine, as safe as the secrets",
        "format": 1,
        "app": "shop",
        "environment": "trial",
        "bootstrap": "a-credential-for-the-tests-alone",
        "seal_key": "c2VhbA==",
        "recovery_shares": ["one", "two", "three"],
        "recovery_threshold": 2,
        "backup_passphrase": "for backups",
        "authority_key_sha256": "ab12",
    }


def test_without_a_recipient_it_is_a_file_for_its_owner_alone(place: Layout) -> None:
    write_kit(place, spec(secrets={}), KIT)
    assert stat.S_IMODE(place.recovery_kit.stat().st_mode) == 0o400
    assert bootstrap_in(place.recovery_kit.read_text(), place).secret == KIT.bootstrap
    assert not place.sealed_kit.exists()
    assert not place.recovery_kit.is_relative_to(place.root)


def test_it_shows_nothing_where_it_is_printed() -> None:
    assert "tests-alone" not in repr(KIT)
    assert "for backups" not in repr(KIT)


def test_with_a_recipient_only_he_can_read_it(place: Layout) -> None:
    key = pyrage.x25519.Identity.generate()
    write_kit(place, spec(secrets={"recovery_recipient": str(key.to_public())}), KIT)
    closed = place.sealed_kit.read_bytes()
    assert b"tests-alone" not in closed
    assert not place.recovery_kit.exists()
    opened = pyrage.decrypt(closed, [key]).decode()
    assert bootstrap_in(opened, place).secret == KIT.bootstrap


def test_a_recipient_with_a_typing_error_is_refused(place: Layout) -> None:
    wrong = "age1" + "q" * 58
    with pytest.raises(SecretError, match=r"secrets\.recovery_recipient: age1q") as raised:
        write_kit(place, spec(secrets={"recovery_recipient": wrong}), KIT)
    assert "age-keygen" in raised.value.hint
    assert not place.recovery_kit.exists()
    assert not place.sealed_kit.exists()


@pytest.mark.parametrize("change", [{"app": "other"}, {"environment": "production"}])
def test_a_kit_of_another_environment_is_refused(place: Layout, change: dict[str, str]) -> None:
    text = json.dumps(json.loads(KIT.text()) | change)
    with pytest.raises(SecretError, match="not of shop/trial"):
        bootstrap_in(text, place)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", "null", '"kit"', '{"app": "shop"}', "age-encryption.org/v1\n"]
)
def test_what_is_no_kit_is_told_so(place: Layout, text: str) -> None:
    with pytest.raises(SecretError, match="this is no recovery kit") as raised:
        bootstrap_in(text, place)
    assert "age --decrypt" in raised.value.hint


@pytest.mark.parametrize("value", ["", "short", " " * 40, 12345678901234567890123, None, ["x"],
                                   "\ud800" * 30, "é" * 30])  # fmt: skip
def test_a_damaged_kit_is_told_so_without_its_content(place: Layout, value: Any) -> None:
    text = json.dumps(json.loads(KIT.text()) | {"bootstrap": value})
    with pytest.raises(SecretError, match="the recovery kit is damaged") as raised:
        bootstrap_in(text, place)
    assert not value or str(value) not in str(raised.value)


def test_all_of_it_is_read_again(place: Layout) -> None:
    assert kit_in(KIT.text(), place) == KIT


def test_a_kit_of_before_is_read_with_what_it_has(place: Layout) -> None:
    whole = json.loads(KIT.text())
    old = {name: whole[name] for name in ("what", "format", "app", "environment", "bootstrap")}
    found = kit_in(json.dumps(old), place)
    assert found.bootstrap == KIT.bootstrap
    assert found.backup_passphrase == Secret(b"")
    assert found.shares == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [("seal_key", 7), ("backup_passphrase", None), ("backup_passphrase", "é"),
     ("recovery_shares", "one"), ("recovery_shares", [1]), ("authority_key_sha256", [])],
)  # fmt: skip
def test_damage_anywhere_in_it_is_told(place: Layout, key: str, value: Any) -> None:
    text = json.dumps(json.loads(KIT.text()) | {key: value})
    with pytest.raises(SecretError, match="the recovery kit is damaged") as raised:
        kit_in(text, place)
    assert "another copy" in raised.value.hint


def test_it_is_removed_once(place: Layout) -> None:
    write_kit(place, spec(secrets={}), KIT)
    assert remove_kit(place)
    assert not remove_kit(place)
    assert not place.recovery_kit.exists()
