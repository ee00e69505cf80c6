import pytest

from uz.components import compose
from uz.errors import RefusedError, SecretError
from uz.managers.naming import reference_for
from uz.operations.set_secret import (
    fewest_of,
    field_of,
    path_of,
    readers_of,
    refuse_unfit,
    set_secret,
)
from uz.secret import Secret
from uz.spec import Spec
from uz.stack import Stack
from uz.testing import MACHINE, MemoryManager, spec

VALUE = Secret(b"hunter2hunter2\n")
BAO = {"manager": "openbao"}
AZURE = {"manager": "azurekeyvault", "address": "https://shop.vault.azure.net"}


def shop(reference: str = "ref+vault://secret/stripe-key#/value") -> Spec:
    return spec(app={"env": {"STRIPE_KEY": reference}}, secrets=BAO)


def stack_of(of: Spec) -> Stack:
    return compose(of, MACHINE)


def test_a_value_is_kept_byte_for_byte_and_its_readers_are_told() -> None:
    manager, of = MemoryManager(), shop()
    done = set_secret(manager, of, stack_of(of), "stripe-key", VALUE)
    assert (done.version, done.changed, done.readers) == ("1", True, ("app-1", "app-2"))
    assert done.reference == "ref+vault://secret/stripe-key#/value"
    kept = manager.read("secret/stripe-key")
    assert kept is not None
    assert kept.fields == {"value": VALUE}


def test_the_same_value_again_is_no_new_version() -> None:
    manager, of = MemoryManager(), shop()
    set_secret(manager, of, stack_of(of), "stripe-key", VALUE)
    done = set_secret(manager, of, stack_of(of), "stripe-key", VALUE)
    assert (done.version, done.changed) == ("1", False)
    done = set_secret(manager, of, stack_of(of), "stripe-key", Secret(b"other-value"))
    assert (done.version, done.changed) == ("2", True)


def test_other_fields_of_its_path_stay() -> None:
    manager, of = MemoryManager(), shop()
    manager.write("secret/stripe-key", {"key": Secret(b"somebody else's")})
    set_secret(manager, of, stack_of(of), "stripe-key", VALUE)
    kept = manager.read("secret/stripe-key")
    assert kept is not None
    assert kept.fields == {"key": Secret(b"somebody else's"), "value": VALUE}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "shorter than 8"),
        (b"hunter2", "shorter than 8"),
        ("ü".encode() * 7, "shorter than 8"),
        (b"hunter2\0hunter2", "not text"),
        (b"hunter2hunter2\xff", "not text"),
    ],
)
def test_what_is_no_secret_is_refused_without_showing_it(value: bytes, why: str) -> None:
    with pytest.raises(SecretError, match=why) as raised:
        refuse_unfit("stripe-key", Secret(value))
    assert "hunter2" not in f"{raised.value} {raised.value.hint}"
    assert raised.value.hint
    assert raised.value.__context__ is None


def test_nothing_is_asked_of_the_manager_for_a_value_that_is_refused() -> None:
    manager, of = MemoryManager(), shop()
    manager.failing = RefusedError("asked")
    with pytest.raises(SecretError, match="shorter"):
        set_secret(manager, of, stack_of(of), "stripe-key", Secret(b"short"))


def test_a_manager_without_fields_keeps_the_value_as_the_whole() -> None:
    assert field_of(spec(secrets=BAO), "x") == "value"
    assert field_of(spec(secrets={"manager": "awssecrets"}), "x") == ""
    assert field_of(spec(secrets=AZURE), "x") == ""


def test_who_reads_is_found_by_the_path_in_this_manager_only() -> None:
    of = shop("ref+file://secret/stripe-key")
    assert readers_of(stack_of(of), of, "secret/stripe-key") == ()
    assert path_of(of, "ref+vault://secret/a/b?version=3#/other") == "secret/a/b"
    assert path_of(of, "ref+awssecrets://secret/a/b") == ""


def test_a_vault_of_azure_is_no_part_of_the_path() -> None:
    of = spec(secrets=AZURE)
    assert path_of(of, "ref+azurekeyvault://shop/shop/production/key") == "shop/production/key"
    assert path_of(of, "ref+azurekeyvault://other/shop/production/key") == ""


def test_an_access_key_is_a_name_and_may_be_short() -> None:
    keys = {
        "access_key": reference_for(spec(), "store-access"),
        "secret_key": reference_for(spec(), "store-secret"),
    }
    of = spec(backups={"offsite": "s3://vault", **keys})
    assert (fewest_of(of, "store-access"), fewest_of(of, "store-secret")) == (1, 8)
    refuse_unfit("store-access", Secret(b"minio"), fewest_of(of, "store-access"))
    with pytest.raises(SecretError, match="shorter than 1"):
        refuse_unfit("store-access", Secret(b""), fewest_of(of, "store-access"))
