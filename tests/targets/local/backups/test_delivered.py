import pytest

from uz.errors import SecretError
from uz.secret import Secret, SecretSource
from uz.targets.local.backups.delivered import DeliveredSecrets
from uz.targets.local.layout import Layout


def test_what_was_delivered_is_read_and_nothing_is_made_up(layout: Layout) -> None:
    source: SecretSource = DeliveredSecrets(layout)
    assert source.names() == ()
    with pytest.raises(SecretError, match="backups/passphrase: not delivered"):
        source.read("backups/passphrase")
    folder = layout.credentials / "backups"
    folder.mkdir(parents=True)
    (folder / "passphrase").write_bytes(b"p")
    (folder / "secret-key").write_bytes(b"k")
    assert source.read("backups/passphrase") == Secret(b"p")
    assert source.read("offsite/adder") == Secret(b"k")
    assert source.names() == ("backups/passphrase", "offsite/adder")
    with pytest.raises(SecretError, match="redis/admin"):
        source.read("redis/admin")


def test_copies_are_neither_written_nor_removed(layout: Layout) -> None:
    source = DeliveredSecrets(layout)
    with pytest.raises(SecretError, match="not written"):
        source.write("backups/passphrase", Secret(b"x"))
    with pytest.raises(SecretError, match="not removed"):
        source.remove("backups/passphrase")
