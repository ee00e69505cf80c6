import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from tests.checklist.redis_stand import PASSWORD, RedisStand

from uz.checklist.item import Control, Experiment
from uz.checklist.redis_durable import RedisDurable
from uz.operations.prove import check_controls, judged
from uz.spec import Kind
from uz.testing import spec
from uz.verdict import State

pytestmark = pytest.mark.skipif(not shutil.which("redis-server"), reason="needs redis-server")
ITEM = RedisDurable()
EXPERIMENTS = {one.name: one for one in ITEM.experiments}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisStand]:
    made = RedisStand(
        spec("trial", redis={"purpose": "store", "memory": "64MiB"}), tmp_path_factory.mktemp("r")
    )
    yield made
    made.close()


def client(stand: RedisStand, user: str) -> redis.Redis:
    port = stand.address("redis").port
    return redis.Redis(port=port, username=user, password=PASSWORD.decode(), decode_responses=True)


@pytest.mark.parametrize("one", ITEM.experiments, ids=lambda one: one.name)
def test_each_experiment_holds_on_a_durable_redis(stand: RedisStand, one: Experiment) -> None:
    verdict = judged(stand, one)
    assert verdict.state is State.PROVEN, verdict.reason
    assert verdict.figures


@pytest.mark.parametrize("control", ITEM.controls, ids=lambda one: one.name)
def test_each_control_turns_its_experiment_red(stand: RedisStand, control: Control) -> None:
    class Alone(RedisDurable):
        controls = (control,)

    (tried,) = check_controls(stand, [Alone()], lambda _item, _what: None)
    assert tried.held, tried.reason


def test_a_redis_that_only_snapshots_looks_durable_and_is_refuted(stand: RedisStand) -> None:
    with stand.amended("redis/redis.conf", lambda text: text.replace("appendonly yes", "save 1 1")):
        assert judged(stand, EXPERIMENTS["settings"]).state is State.REFUTED


def test_without_a_replica_nothing_is_replicated(tmp_path: Path) -> None:
    table = {"purpose": "cache", "replicas": 0}
    alone = RedisStand(
        spec("trial", redis=table, environments={"trial": {"network": {"port_base": 24000}}}),
        tmp_path,
    )
    try:
        verdict = judged(alone, EXPERIMENTS["replicated"])
    finally:
        alone.close()
    assert (verdict.state, verdict.reason) == (State.REFUTED, "there is no replica")


def test_a_replica_on_the_same_machine_is_not_enough_for_production(stand: RedisStand) -> None:
    stand.stands_for = Kind.PRODUCTION
    try:
        verdict = judged(stand, EXPERIMENTS["replicated"])
    finally:
        stand.stands_for = Kind.REHEARSAL
    assert verdict.state is State.DECLARED
    assert "same machine" in verdict.reason


def test_a_redis_that_is_away_decides_nothing(stand: RedisStand) -> None:
    stand.stop("redis")
    try:
        assert judged(stand, EXPERIMENTS["settings"]).state is State.UNKNOWN
    finally:
        stand.start("redis")


@pytest.mark.parametrize("words", ["CONFIG GET maxmemory", "FLUSHALL", "KEYS *", "ACL LIST"])
def test_the_app_may_not_run_dangerous_commands(stand: RedisStand, words: str) -> None:
    with client(stand, "app") as app, pytest.raises(redis.exceptions.NoPermissionError):
        app.execute_command(*words.split())


def test_the_app_may_use_data_and_scripts(stand: RedisStand) -> None:
    with client(stand, "app") as app:
        assert app.set("a", "1", ex=5)
        assert app.eval("return redis.call('GET', KEYS[1])", 1, "a") == "1"


def test_whoever_does_not_log_in_may_only_ask_whether_it_lives(stand: RedisStand) -> None:
    with redis.Redis(port=stand.address("redis").port) as nobody:
        assert nobody.ping()
        with pytest.raises(redis.exceptions.ResponseError):
            nobody.get("a")


def test_a_store_refuses_writes_when_memory_is_full_and_drops_nothing(stand: RedisStand) -> None:
    with client(stand, "admin") as admin:
        assert admin.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert admin.config_get("maxmemory") == {"maxmemory": str(64 * 2**20)}
