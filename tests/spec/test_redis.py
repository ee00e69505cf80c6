import pytest

from uz.errors import SpecError
from uz.testing import spec


def test_the_purpose_has_to_be_said() -> None:
    with pytest.raises(SpecError, match=r"redis\.purpose: missing"):
        spec(redis={"memory": "64MiB"})


@pytest.mark.parametrize(
    ("purpose", "eviction"), [("cache", "allkeys-lru"), ("store", "noeviction")]
)
def test_the_purpose_decides_on_eviction(purpose: str, eviction: str) -> None:
    made = spec(redis={"purpose": purpose}).redis
    assert made is not None
    assert made.eviction == eviction


def test_an_app_without_the_table_has_no_redis() -> None:
    assert spec().redis is None


@pytest.mark.parametrize(
    "wrong",
    [{"sync": "no"}, {"replicas": -1}, {"purpose": "queue"}, {"memory": 5}, {"memroy": "1GiB"}],
)
def test_what_is_no_durable_redis_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=r"redis\."):
        spec(redis={"purpose": "cache", **wrong})


def test_a_misspelt_key_is_named_with_the_right_one() -> None:
    with pytest.raises(SpecError, match="did you mean 'memory'"):
        spec(redis={"purpose": "cache", "memroy": "1GiB"})


def test_primary_and_replicas_have_ports_of_their_own() -> None:
    ports = spec(redis={"purpose": "cache"}).ports
    assert (ports.redis(0), ports.redis(1)) == (20500, 20501)
