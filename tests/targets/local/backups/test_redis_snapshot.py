import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.targets.local.backups.own_redis import PASSWORD, own_redis, redis_spec

from uz.errors import BackupError
from uz.secret import Secret
from uz.stack import Owner
from uz.targets.local.backups.redis_snapshot import check_redis, put_redis, take_redis
from uz.targets.local.layout import Layout
from uz.targets.local.users import user_of

pytestmark = pytest.mark.live
OF = redis_spec()


@pytest.fixture
def place(short: Path) -> Path:
    folder = short / "stage"
    folder.mkdir(mode=0o711)
    return folder


@pytest.fixture
def taken(layout: Layout, place: Path) -> Iterator[Path]:
    """What was taken of a Redis that is no more."""
    with own_redis(layout, OF) as server:
        server.set("text", "one")
        server.set("fleeting", "two", ex=3000)
        server.rpush("list", *range(500))
        server.hset("hash", mapping={"a": "1", "b": "2"})
        server.zadd("scores", {"x": 1.5})
        server.xadd("stream", {"f": "v"})
        server.sadd("set", "m")
        yield take_redis(OF, Secret(PASSWORD), place)


def test_a_new_server_starts_on_what_was_taken(layout: Layout, taken: Path, short: Path) -> None:
    other, of = Layout(short / "other", "shop", "trial"), redis_spec()
    (other.data).mkdir(parents=True)
    put_redis(taken, other.data / "redis")
    for _ in range(2):  # and once more on what it made of it
        with own_redis(other, of) as server:
            assert server.get("text") == b"one"
            assert 2900 < server.ttl("fleeting") <= 3000
            assert server.lrange("list", 0, -1) == [str(one).encode() for one in range(500)]
            assert server.hgetall("hash") == {b"a": b"1", b"b": b"2"}
            assert server.zscore("scores", "x") == 1.5
            assert server.xlen("stream") == 1
            assert server.smembers("set") == {b"m"}
            assert server.dbsize() == 7
            assert server.config_get("appendonly") == {"appendonly": "yes"}
    with own_redis(layout, OF) as server:
        assert server.dbsize() == 7


def test_it_is_the_servers_own(taken: Path) -> None:
    found = taken.parent.stat()
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (user_of(Owner.SERVERS).uid, 0o700)
    assert PASSWORD not in taken.read_bytes()


def test_nothing_is_overwritten(taken: Path, layout: Layout) -> None:
    with pytest.raises(BackupError, match="holds data already"):
        put_redis(taken, layout.data / "redis")


@pytest.mark.parametrize("harm", ["cut", "flipped", "more", "empty", "gone"])
def test_damage_is_found(taken: Path, layout: Layout, harm: str) -> None:
    content = bytearray(taken.read_bytes())
    if harm == "cut":
        content = content[:-20]
    elif harm == "flipped":
        content[len(content) // 2] ^= 1
    elif harm == "more":  # as `redis-cli --rdb -` writes it
        content += b"e" * 40
    elif harm == "empty":
        content.clear()
    taken.write_bytes(content)
    if harm == "gone":
        taken.unlink()
    with pytest.raises(BackupError, match="Redis's backup is damaged"):
        check_redis(taken)
    with pytest.raises(BackupError, match="Redis's backup is damaged"):
        put_redis(taken, layout.data / "never")
    assert not (layout.data / "never").exists()


def test_a_wrong_password_is_told(layout: Layout, place: Path) -> None:
    with own_redis(layout, OF), pytest.raises(BackupError, match="WRONGPASS") as raised:
        take_redis(OF, Secret(b"another"), place)
    assert "another" not in str(raised.value)


def test_a_redis_that_is_down_is_told(place: Path) -> None:
    with pytest.raises(BackupError, match="redis: cannot be backed up: .*refused") as raised:
        take_redis(redis_spec(), Secret(PASSWORD), place)
    assert "uz status" in raised.value.hint
