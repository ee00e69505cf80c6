import pytest

from uz.environment import Address, Environment, Listening, killed, stopped
from uz.errors import UnhealthyError
from uz.testing import FakeEnvironment


@pytest.fixture
def fake() -> FakeEnvironment:
    return FakeEnvironment()


def test_an_address_is_written_with_brackets_only_where_it_needs_them() -> None:
    assert str(Address("127.0.0.1", 80)) == "127.0.0.1:80"
    assert str(Address("::1", 80)) == "[::1]:80"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("::ffff:192.0.2.1", False),
        ("12.7.0.1", False),
    ],
)
def test_loopback_is_what_only_this_machine_can_reach(host: str, loopback: bool) -> None:
    assert Listening("tcp", Address(host, 1), None, "x").loopback is loopback


@pytest.mark.parametrize("word", [stopped, killed])
def test_what_was_taken_away_is_given_back_on_an_interrupt(
    fake: FakeEnvironment, word: type
) -> None:
    with pytest.raises(KeyboardInterrupt), word(fake, "app-1"):
        raise KeyboardInterrupt
    assert fake.healthy()


def test_an_interrupt_while_it_is_being_stopped_gives_it_back_too() -> None:
    class Interrupted(FakeEnvironment):
        def stop(self, service: str) -> None:
            super().stop(service)
            raise KeyboardInterrupt

    fake = Interrupted()
    with pytest.raises(KeyboardInterrupt), stopped(fake, "app-1"):
        pytest.fail("the block has not begun")
    assert fake.healthy()


def test_a_killed_service_that_nobody_restarts_is_started(fake: FakeEnvironment) -> None:
    with killed(fake, "app-1", within=0.1):
        fake.stop("app-1")
    assert fake.healthy()


def test_a_stack_that_stays_unhealthy_is_an_error_with_advice(fake: FakeEnvironment) -> None:
    environment: Environment = fake
    with (
        pytest.raises(UnhealthyError, match="not healthy 0.1 s after app-1") as raised,
        stopped(environment, "app-1", within=0.1),
    ):
        fake.broken.add("edge")
    assert "uz status" in raised.value.hint
