from dataclasses import replace

import pytest
from tests.targets.local.own_openbao import OwnOpenBao

from uz.components import compose
from uz.errors import RefusedError, SecretError
from uz.secret import Secret, ensure
from uz.stack import SecretText, Stack
from uz.targets.local.reading import ReaderSecrets, Recorded, paths, readers
from uz.testing import MACHINE, MemoryManager, MemorySecrets, spec

REFERENCE = "ref+vault://secret/stripe#/key"


def test_what_was_given_is_remembered_and_what_was_not_is_not() -> None:
    seen: dict[str, Secret] = {}
    source = Recorded(MemorySecrets({"a": b"one", "b": b"two"}), seen)
    assert source.read("a") == Secret(b"one")
    assert source.read("none") is None
    assert seen == {"a": Secret(b"one")}
    source.write("c", Secret(b"three"))
    assert seen["c"] == Secret(b"three")
    source.remove("a")
    assert set(seen) == {"c"}
    assert source.names() == ("b", "c")


def test_the_paths_of_a_reader_are_those_of_its_credentials() -> None:
    of = spec(
        secrets={},
        app={"env": {"STRIPE_KEY": REFERENCE, "FILE": "ref+file:///etc/key"},
             "generated_secrets": ["session-key"]},
        redis={"purpose": "cache"},
    )  # fmt: skip
    found = paths(of, compose(of, MACHINE))
    assert found["app"] == {"secret/stripe", "secret/uz/app/session-key", "secret/uz/redis/app"}
    assert found["edge"] == {"secret/uz/edge/certificate", "secret/uz/edge/key"}
    assert "openbao" not in found, "it is opened by what comes before any manager"


def test_what_is_worked_out_here_is_at_no_path() -> None:
    of = spec(secrets={}, redis={"purpose": "cache"}, database={"replicas": 1})
    names = {name for found in paths(of, compose(of, MACHINE)).values() for name in found}
    assert not [name for name in names if "port" in name or "also/" in name or "user" in name]


def test_a_prefix_of_the_users_is_where_they_are() -> None:
    of = spec(secrets={"prefix": "secret/own"}, redis={"purpose": "cache"})
    assert "secret/own/redis/app" in paths(of, compose(of, MACHINE))["app"]


def test_a_reference_is_resolved_by_the_readers_own_rights() -> None:
    from uz.managers import ManagedSecrets

    manager = MemoryManager()
    manager.write("secret/stripe", {"key": Secret(b"sk-of-the-user")})
    source = ReaderSecrets(ManagedSecrets(manager, "secret/uz"))
    source.write("a", Secret(b"made up"))
    assert source.read(REFERENCE) == Secret(b"sk-of-the-user")
    assert source.read("a") == Secret(b"made up")
    assert source.names() == ("a",)
    source.remove("a")
    assert source.read("a") is None
    with pytest.raises(SecretError, match="nothing at secret/none"):
        source.read("ref+vault://secret/none#/key")


@pytest.mark.live
def test_each_service_reads_by_its_own_policy_and_all_is_remembered(own: OwnOpenBao) -> None:
    operator, seen = own.source, dict[str, Secret]()
    for name in {name for one in own.stack.services for name in one.passwords}:
        ensure(operator, name)
    reading = readers(own.layout, own.spec, own.stack, operator, seen)
    app, redis = own.stack.service("app-1"), own.stack.service("redis")
    value = operator.read("redis/app")
    assert value is not None
    assert reading(app).read("redis/app") == value
    assert seen == {"redis/app": value}
    with pytest.raises(RefusedError):
        reading(app).read("redis/admin")
    assert reading(redis).read("redis/admin") == operator.read("redis/admin")
    assert reading(own.stack.service("app-2")) is reading(app), "they are one user"


@pytest.mark.live
def test_who_reads_nothing_has_no_login(own: OwnOpenBao) -> None:
    reading = readers(own.layout, own.spec, own.stack, own.source, {})
    assert reading(own.stack.service("log-rotation")) is not None


@pytest.mark.live
def test_a_credential_that_was_added_is_readable_with_the_next_run(own: OwnOpenBao) -> None:
    operator = own.source
    operator.manager.write("secret/test-added", {"value": Secret(b"added-later")})
    reference = "ref+vault://secret/test-added#/value"
    app = own.stack.service("app-1")
    with_it = replace(app, credentials={**app.credentials, "added": reference})
    before = readers(own.layout, own.spec, own.stack, operator, {})
    with pytest.raises(RefusedError):
        before(with_it).read(reference)
    after = readers(own.layout, own.spec, Stack((with_it,)), operator, {})
    assert after(with_it).read(reference) == Secret(b"added-later")


def test_texts_count_with_each_of_their_secrets() -> None:
    of = spec(secrets={})
    one = compose(of, MACHINE).service("edge")
    text = SecretText("{{redis/app}} and {{redis/admin}} at {{database/port}}")
    assert paths(of, Stack((replace(one, credentials={"x": text}),))) == {
        "edge": {"secret/uz/redis/app", "secret/uz/redis/admin"}
    }
