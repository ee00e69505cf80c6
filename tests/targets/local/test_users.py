import os
import pwd

import pytest

from uz.errors import MachineError
from uz.stack import Owner
from uz.targets.local.users import USERS, User, isolated, missing_users, user_of


@pytest.fixture
def root_without_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be root on a machine without any user that Uz needs."""

    def none(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", none)
    monkeypatch.setattr(pwd, "getpwall", list)


def test_without_root_everything_runs_as_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1234)
    assert not isolated()
    assert user_of(Owner.APP) == user_of(Owner.SERVERS)
    assert (user_of(Owner.APP).name, user_of(Owner.APP).uid) == ("", 1234)


@pytest.mark.usefixtures("root_without_users")
def test_as_root_a_missing_user_is_named_with_the_cure() -> None:
    assert isolated()
    with pytest.raises(MachineError, match="system user 'uz-app' does not exist") as raised:
        user_of(Owner.APP)
    assert "uz doctor --install" in raised.value.hint
    assert missing_users() == tuple(USERS.values())


@pytest.mark.usefixtures("root_without_users")
def test_a_user_that_is_root_in_truth_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pwd, "getpwnam", lambda _: pwd.getpwuid(0))
    with pytest.raises(MachineError, match="is root under another name"):
        user_of(Owner.SERVERS)


def test_servers_and_app_are_different_users() -> None:
    assert set(USERS) == {Owner.SERVERS, Owner.APP}
    assert len(set(USERS.values())) == 2


def test_the_operator_is_who_runs_uz() -> None:
    assert user_of(Owner.OPERATOR) == User("", os.geteuid(), os.getegid())
