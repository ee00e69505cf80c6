import pytest

from uz.components.rotating import Phase, Record, values
from uz.errors import SecretError
from uz.secret import Secret
from uz.targets.local.rotation.records import decided, keep, record, recorded
from uz.testing.secrets import MemorySecrets

OLD, NEW = Secret(b"old-old-old"), Secret(b"new-new-new")


@pytest.fixture
def source() -> MemorySecrets:
    return MemorySecrets({"redis/app": OLD.reveal(), "redis/admin": b"admin-admin"})


def test_where_nothing_is_rotated_there_is_no_record(source: MemorySecrets) -> None:
    assert recorded(source) == {}
    assert record(source, "redis/app") is None
    assert decided({}, source) == values({})


def test_a_record_is_kept_and_the_secret_is_what_it_says(source: MemorySecrets) -> None:
    keep(source, "redis/app", Record(OLD, NEW, Phase.ACCEPT))
    assert source.read("redis/app") == OLD
    keep(source, "redis/app", Record(OLD, NEW, Phase.READERS))
    assert source.read("redis/app") == NEW
    assert recorded(source) == {"redis/app": Record(OLD, NEW, Phase.READERS)}


def test_the_record_decides_where_the_secret_was_not_written_yet(source: MemorySecrets) -> None:
    found = decided({"redis/app": Record(OLD, NEW, Phase.READERS)}, source)
    assert found["redis/app"] == NEW
    assert found["also/redis/app"].reveal() == b" >old-old-old"
    source.write("redis/app", NEW)
    assert "redis/app" not in decided({"redis/app": Record(OLD, NEW, Phase.READERS)}, source)


def test_one_that_is_not_listed_yet_counts_when_it_is_known(source: MemorySecrets) -> None:
    keep(source, "redis/app", Record(OLD, NEW, Phase.READERS))
    source.names = lambda: ("redis/app",)  # type: ignore[method-assign]
    assert recorded(source) == {}
    assert list(recorded(source, "redis/app")) == ["redis/app"]
    assert recorded(source, "redis/admin") == {}


def test_a_damaged_record_is_told_without_its_value(source: MemorySecrets) -> None:
    source.write("rotation/redis/app", Secret(b"hunter2hunter2"))
    with pytest.raises(SecretError, match="rotation/redis/app: is no record") as caught:
        recorded(source)
    assert "hunter2" not in str(caught.value)
