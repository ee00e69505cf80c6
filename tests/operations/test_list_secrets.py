import pytest

from uz.components import compose
from uz.errors import RefusedError
from uz.operations.list_secrets import Listing, Missing, list_secrets, users_paths
from uz.secret import Secret
from uz.spec import Spec
from uz.testing import MACHINE, MemoryManager, spec

VALUE = {"value": Secret(b"hunter2hunter2")}
REFERENCE = "ref+vault://secret/stripe#/key"


def shop(**env: str) -> Spec:
    app = {"env": env, "generated_secrets": ["session-key"]}
    return spec(app=app, secrets={"manager": "openbao"}, redis={"purpose": "cache"})


def listed(manager: MemoryManager, of: Spec) -> Listing:
    return list_secrets(manager, of, compose(of, MACHINE))


def test_the_users_come_first_then_uzs_own_with_their_readers() -> None:
    manager, of = MemoryManager(), shop(KEY="ref+vault://secret/stripe-key#/value")
    for path in ("secret/uz/redis/app", "secret/stripe-key", "secret/left", "secret/uz/app/none"):
        manager.write(path, VALUE)
    manager.write("secret/stripe-key", VALUE)
    found = listed(manager, of).secrets
    assert [(one.name, one.version, one.own) for one in found] == [
        ("left", "1", False),
        ("stripe-key", "2", False),
        ("app/none", "1", True),
        ("redis/app", "1", True),
    ]
    readers = {one.name: one.readers for one in found}
    assert readers["left"] == readers["app/none"] == ()
    assert readers["stripe-key"] == ("app-1", "app-2")
    assert {"app-1", "app-2"} <= set(readers["redis/app"])
    assert all(one.written_at for one in found)


def test_what_uz_toml_refers_to_in_vain_is_missing() -> None:
    manager, of = MemoryManager(), shop(KEY=REFERENCE)
    assert listed(manager, of).missing == (Missing(REFERENCE, ("app-1", "app-2")),)
    manager.write("secret/stripe", VALUE)
    assert len(listed(manager, of).missing) == 1
    manager.write("secret/stripe", {"key": Secret(b"hunter2hunter2")})
    assert listed(manager, of).missing == ()


def test_a_version_that_is_not_there_is_missing() -> None:
    manager, of = MemoryManager(), shop(KEY="ref+vault://secret/stripe?version=2#/value")
    manager.write("secret/stripe", VALUE)
    assert len(listed(manager, of).missing) == 1
    manager.write("secret/stripe", VALUE)
    assert listed(manager, of).missing == ()


def test_references_into_other_managers_are_left_to_the_check() -> None:
    of = shop(KEY="ref+file://key", OTHER="ref+awssecrets://key")
    assert listed(MemoryManager(), of).missing == ()


def test_other_environments_of_the_same_manager_are_not_listed() -> None:
    vault = {"manager": "vault", "address": "https://vault.example", "login": "token"}
    manager = MemoryManager()
    for path in ("secret/shop/production/key", "secret/shop/staging/key", "secret/other"):
        manager.write(path, VALUE)
    assert users_paths(manager, spec(secrets=vault)) == ("secret/shop/production/key",)


def test_what_the_manager_refuses_is_told() -> None:
    manager = MemoryManager()
    manager.failing = RefusedError("permission denied")
    with pytest.raises(RefusedError):
        listed(manager, shop())


def test_no_listing_holds_a_value() -> None:
    manager, of = MemoryManager(), shop(KEY=REFERENCE)
    manager.write("secret/stripe", VALUE)
    assert "hunter2" not in repr(listed(manager, of))
