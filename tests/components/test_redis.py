import pytest

from uz.components import compose
from uz.components.redis import PASSWORDS, redis
from uz.stack import SecretText, Stack
from uz.testing import MACHINE, spec


def made(**table: object) -> Stack:
    return redis(spec(redis={"purpose": "cache"} | table), MACHINE)


def conf(stack: Stack, name: str = "redis") -> list[str]:
    return stack.files[f"{name}/redis.conf"].splitlines()


def test_without_the_table_there_is_no_redis() -> None:
    assert redis(spec(), MACHINE) == Stack()


def test_replicas_start_after_the_primary_on_ports_of_their_own() -> None:
    services = made(replicas=2).services
    assert [one.name for one in services] == ["redis", "redis-replica-1", "redis-replica-2"]
    assert [one.listens[0].port for one in services] == [20500, 20501, 20502]
    assert [one.after for one in services] == [(), ("redis",), ("redis",)]
    assert not any(one.listens[0].public for one in services)


def test_only_replicas_follow() -> None:
    stack = made()
    assert "replicaof 127.0.0.1 20500" in conf(stack, "redis-replica-1")
    assert not any(line.startswith("replicaof") for line in conf(stack))


@pytest.mark.parametrize(("purpose", "policy"), [("cache", "allkeys-lru"), ("store", "noeviction")])
def test_the_purpose_decides_what_happens_when_memory_is_full(purpose: str, policy: str) -> None:
    lines = conf(made(purpose=purpose, memory="1GiB"))
    assert f"maxmemory-policy {policy}" in lines
    assert f"maxmemory {2**30}" in lines


def test_every_write_is_appended_and_synced_as_asked() -> None:
    lines = conf(made(sync="always"))
    assert {"appendonly yes", "appendfsync always"} <= set(lines)


def test_no_rendered_file_holds_a_password() -> None:
    stack = compose(spec(redis={"purpose": "cache"}), MACHINE)
    assert not any("{{" in text for text in stack.files.values())
    assert all(isinstance(one, SecretText) for one in stack.service("redis").credentials.values())


def test_the_app_gets_the_address_as_a_secret_and_starts_after_redis() -> None:
    stack = compose(spec(redis={"purpose": "cache"}), MACHINE)
    web = stack.service("app-1")
    assert web.secret_environment == {"REDIS_URL": "redis-url"}
    wanted = web.credentials["redis-url"]
    assert isinstance(wanted, SecretText)
    assert wanted.names() == ("redis/app",)
    assert wanted.text.startswith("redis://app:")
    assert web.after == ("redis",)


def test_the_app_may_do_less_than_the_administrator() -> None:
    users = made().service("redis").credentials["users.acl"]
    assert isinstance(users, SecretText)
    app = next(line for line in users.text.splitlines() if line.startswith("user app "))
    assert app.endswith("+@all -@admin -@dangerous")


def test_every_user_has_room_for_one_more_password() -> None:
    users = made().service("redis").credentials["users.acl"]
    assert isinstance(users, SecretText)
    lines = [line for line in users.text.splitlines() if not line.startswith("user default ")]
    for line in lines:
        user = line.split()[1]
        assert f" >{{{{redis/{user}}}}}{{{{also/redis/{user}}}}} " in line
    assert len(lines) == len(PASSWORDS)


def test_changed_passwords_are_taken_up_by_the_administrator_whose_password_is_no_argument() -> (
    None
):
    stack = made(replicas=1)
    one = stack.service("redis-replica-1")
    assert one.take_up[1:] == ("{root}/config/redis-replica-1/take-up", one.name, "20501")
    script = stack.files["redis-replica-1/take-up"]
    assert "REDISCLI_AUTH=$password redis-cli" in script
    assert "--pass" not in script
    assert " -a " not in script
