from typing import Any

import pytest

from uz.components import compose
from uz.errors import SecretError
from uz.managers import ManagedSecrets
from uz.secret import Secret
from uz.stack import Stack
from uz.targets.local import rehearsed
from uz.targets.local.bootstrap import make_bootstrap
from uz.targets.local.layout import Layout
from uz.targets.local.one_run import Origin
from uz.targets.local.rehearsed import copy_references
from uz.testing import MACHINE, MemoryManager, spec

OF = spec(secrets={})


def stack(**env: str) -> Stack:
    """What refers to secrets by these variables."""
    of = spec(secrets={}, app={"env": env})
    return compose(of, MACHINE)


@pytest.fixture
def theirs(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> MemoryManager:
    """The OpenBao of the environment that is rehearsed."""
    layout.app_folder.mkdir(parents=True)
    manager = MemoryManager()
    expected = make_bootstrap(layout.bootstrap).secret

    def as_operator(_layout: Layout, _spec: Any, bootstrap: Secret) -> ManagedSecrets:
        assert bootstrap == expected
        return ManagedSecrets(manager, "secret/uz")

    monkeypatch.setattr(rehearsed, "as_operator", as_operator)
    return manager


def test_what_is_referred_to_is_copied_and_nothing_else(
    layout: Layout, theirs: MemoryManager
) -> None:
    theirs.write("secret/stripe", {"key": Secret(b"sk"), "other": Secret(b"o")})
    theirs.write("secret/else", {"key": Secret(b"nobody refers to it")})
    theirs.write("secret/uz/redis/app", {"value": Secret(b"of the origin")})
    own = MemoryManager()
    wanted = stack(A="ref+vault://secret/stripe#/key", B="ref+file:///etc/key")
    copy_references(wanted, ManagedSecrets(own, "secret/uz"), Origin(layout, OF))
    assert list(own.versions) == ["secret/stripe"]
    assert own.versions["secret/stripe"][0].fields == {"key": Secret(b"sk"), "other": Secret(b"o")}
    assert len(theirs.versions["secret/stripe"]) == 1, "the origin is only read"


def test_what_is_missing_is_left_for_whoever_lists_it(
    layout: Layout, theirs: MemoryManager
) -> None:
    own = MemoryManager()
    wanted = stack(A="ref+vault://secret/none#/key")
    copy_references(wanted, ManagedSecrets(own, "secret/uz"), Origin(layout, OF))
    assert own.versions == {}


def test_without_references_nobody_is_asked(layout: Layout) -> None:
    copy_references(stack(), ManagedSecrets(MemoryManager(), "secret/uz"), Origin(layout, OF))


def test_a_lost_credential_of_the_origin_is_told(layout: Layout) -> None:
    wanted = stack(A="ref+vault://secret/stripe#/key")
    with pytest.raises(SecretError, match="the bootstrap credential is not there"):
        copy_references(wanted, ManagedSecrets(MemoryManager(), "secret/uz"), Origin(layout, OF))
