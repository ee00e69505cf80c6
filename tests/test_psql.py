import pytest

from uz.errors import UnhealthyError
from uz.psql import ask, nodes, primary, standbys
from uz.shell import Completed
from uz.stack import Owner
from uz.testing import FakeEnvironment, spec

RECOVERY = "SELECT pg_is_in_recovery()"


class Servers(FakeEnvironment):
    """Answers by server: its words, or None for one that is down."""

    def __init__(self, **answers: str | None) -> None:
        super().__init__(spec("trial", database={"replicas": 2}, redis={"purpose": "cache"}))
        self.by_port = {
            str(self.address(name.replace("_", "-")).port): text for name, text in answers.items()
        }
        self.asked: list[tuple[tuple[str, ...], float]] = []

    def run(
        self,
        *argv: str,
        timeout: float = 60,
        owner: Owner = Owner.SERVERS,  # noqa: ARG002
    ) -> Completed:
        """Answer as psql would."""
        self.asked.append((argv, timeout))
        text = self.by_port.get(argv[argv.index("-p") + 1])
        if text is None:
            said = "psql: error: connection to server failed: Connection refused\n"
            return Completed(argv, 2, "", said)
        return Completed(argv, 0, f"{text}\n", "")


def test_only_the_servers_of_the_database_are_nodes() -> None:
    assert nodes(Servers()) == ("database-1", "database-2", "database-3")
    assert nodes(FakeEnvironment()) == ()


def test_a_server_is_asked_by_its_port_on_the_private_socket() -> None:
    env = Servers(database_2="1|two")
    assert ask(env, "database-2", "SELECT 1, 'two'", database="app", within=7) == "1|two"
    ((argv, timeout),) = env.asked
    assert timeout == 7
    assert argv[argv.index("-h") + 1] == f"{env.folder}/run/database"
    assert argv[argv.index("-U") + 1] == "postgres"
    assert argv[argv.index("-d") + 1] == "app"
    assert argv[-2:] == ("-c", "SELECT 1, 'two'")
    assert "-w" in argv or any(word.startswith("-X") and "w" in word for word in argv)


def test_what_fails_is_told_in_the_servers_own_words() -> None:
    with pytest.raises(UnhealthyError) as raised:
        ask(Servers(), "database-1", "SELECT 1")
    assert str(raised.value) == "database-1: connection to server failed: Connection refused"
    assert "uz status" in raised.value.hint


def test_the_primary_is_the_one_that_is_not_in_recovery() -> None:
    env = Servers(database_1="t", database_2="f", database_3="t")
    assert primary(env) == "database-2"
    assert standbys(env) == ("database-1", "database-3")


def test_a_server_that_is_down_is_no_primary() -> None:
    env = Servers(database_1=None, database_2="f", database_3="t")
    assert primary(env) == "database-2"
    assert standbys(env) == ("database-1", "database-3")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, "no server is the primary"),
        ({"database_1": "t", "database_2": "t"}, "no server is the primary"),
        ({"database_1": "f", "database_3": "f"}, "database-1 and database-3 both say that they"),
    ],
)
def test_none_or_two_are_no_primary(answers: dict[str, str | None], said: str) -> None:
    with pytest.raises(UnhealthyError, match=said):
        primary(Servers(**answers))
