from typing import Any

import pytest

from uz.components import compose
from uz.errors import UzError
from uz.spec import Spec
from uz.targets.local.rotation.choosing import read_by, readers, refuse_others, rotatable
from uz.testing import MACHINE, spec


def wanted(**tables: Any) -> Spec:
    both: dict[str, Any] = {"redis": {"purpose": "cache"}, "database": {"migrate": "up"}}
    return spec(**(both | {"app": {"generated_secrets": ["key"]}} | tables))


@pytest.mark.parametrize("name", ["redis/app", "database/app", "app/key", "edge/key"])
def test_what_uz_makes_up_can_be_made_up_anew(name: str) -> None:
    made = wanted()
    stack = compose(made, MACHINE)
    assert name in rotatable(made, stack)
    refuse_others(made, stack, name)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("backups/passphrase", "could not be read any more"),
        ("edge/authority-key", "trust another one"),
        ("edge/certificate", "edge/key"),
        ("openbao/seal-key", "bootstrap credential"),
        ("rotation/redis/app", "record of a rotation"),
        ("stripe-key", "makes up no secret"),
        ("app/other", "makes up no secret"),
    ],
)
def test_others_are_refused_with_the_reason_and_the_choice(name: str, why: str) -> None:
    made = wanted()
    with pytest.raises(UzError, match=why) as caught:
        refuse_others(made, compose(made, MACHINE), name)
    assert "redis/app" in caught.value.hint


def test_what_could_be_a_value_is_not_repeated() -> None:
    made = wanted()
    with pytest.raises(UzError) as caught:
        refuse_others(made, compose(made, MACHINE), "hunter2/hunter2")
    assert "hunter2" not in f"{caught.value}{caught.value.hint}"


def test_what_a_service_reads_is_alone_or_in_a_text() -> None:
    stack = compose(wanted(), MACHINE)
    assert "edge/key" in read_by(stack.service("edge"))
    assert "redis/app" in read_by(stack.service("redis"))


def test_a_key_of_the_users_own_is_the_users_to_change() -> None:
    made = wanted(edge={"certificate": "cert.pem", "certificate_key": "key.pem"})
    with pytest.raises(UzError, match="is yours"):
        refuse_others(made, compose(made, MACHINE), "edge/key")


def test_readers_are_those_that_run_on_with_it() -> None:
    stack = compose(wanted(), MACHINE)
    assert readers(stack, "redis/app") == ("redis", "redis-replica-1", "app-1", "app-2")
    assert readers(stack, "edge/key") == ("edge",)
    assert readers(stack, "database/migrations") == ()
