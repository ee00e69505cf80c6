import pytest

from uz.components.database.access import hba, ident


def rules() -> list[list[str]]:
    """The lines that count, in words."""
    lines = hba().splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


def test_the_superuser_gets_in_by_the_socket_alone() -> None:
    own = [rule for rule in rules() if "postgres" in rule]
    assert [rule[0] for rule in own] == ["local", "local", "host"]
    assert [rule[-1] for rule in own] == ["map=uz", "map=uz", "reject"]


def test_the_superuser_is_refused_before_others_are_let_in() -> None:
    actions = [rule[-1] for rule in rules() if rule[0] == "host"]
    assert actions[0] == "reject"


def test_everybody_else_comes_from_loopback_with_a_password() -> None:
    others = [rule for rule in rules() if rule[0] == "host" and rule[-1] != "reject"]
    assert {rule[3] for rule in others} == {"127.0.0.1/32"}
    assert {rule[4] for rule in others} == {"scram-sha-256"}


def test_only_the_role_for_replication_replicates_over_tcp() -> None:
    (one,) = [rule for rule in rules() if rule[:2] == ["host", "replication"]]
    assert one[2] == "replication"


@pytest.mark.parametrize("word", ["trust", "md5", "password", "0.0.0.0/0"])
def test_nothing_weak_is_allowed(word: str) -> None:
    assert not any(word in rule for rule in rules())


def test_with_isolation_only_the_servers_and_root_are_the_superuser() -> None:
    lines = [line.split() for line in ident(isolated=True).splitlines()]
    assert lines == [["uz", "uz", "postgres"], ["uz", "root", "postgres"]]


def test_without_isolation_the_socket_decides_and_the_file_says_so() -> None:
    comment, line = ident(isolated=False).splitlines()
    assert comment.startswith("# Without isolation")
    assert line.split() == ["uz", "/^(.*)$", "postgres"]
