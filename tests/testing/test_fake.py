import pytest

from uz.environment import Address, Listening
from uz.errors import UnhealthyError
from uz.shell import Completed
from uz.testing import FakeEnvironment

STRANGER = Listening("tcp", Address("0.0.0.0", 6379), 42, "redis")


@pytest.fixture
def fake() -> FakeEnvironment:
    return FakeEnvironment()


def test_a_killed_service_is_down_for_one_look_and_counts_a_restart(fake: FakeEnvironment) -> None:
    fake.kill("app-1")
    assert [fake.healthy(), fake.healthy()] == [False, True]
    assert fake.restarts["app-1"] == 1


def test_a_stopped_service_stays_down_and_closes_its_port(fake: FakeEnvironment) -> None:
    port = fake.address("app-1").port
    fake.stop("app-1")
    assert [fake.healthy(), fake.healthy()] == [False, False]
    assert port not in {one.address.port for one in fake.listeners()}


def test_to_kill_a_stopped_service_does_not_bring_it_back(fake: FakeEnvironment) -> None:
    fake.stop("app-1")
    fake.kill("app-1")
    assert [fake.healthy(), fake.healthy()] == [False, False]


def test_a_broken_service_cannot_be_started(fake: FakeEnvironment) -> None:
    fake.broken.add("app-1")
    fake.stop("app-1")
    with pytest.raises(UnhealthyError):
        fake.start("app-1")


def test_strangers_and_addresses_are_what_a_test_sets(fake: FakeEnvironment) -> None:
    fake.strangers, fake.outside = (STRANGER,), ("192.0.2.7",)
    assert STRANGER in fake.listeners()
    assert fake.outside_addresses() == ("192.0.2.7",)


def test_logs_and_answers_are_what_a_test_sets(fake: FakeEnvironment) -> None:
    fake.written["app-1"] += ["one", "two", "three"]
    fake.answers[("uptime",)] = Completed(("uptime",), 3, "", "no")
    assert fake.logs("app-1", 2) == ("two", "three")
    assert fake.run("uptime").code == 3


def test_the_certificate_that_is_served_is_noted(fake: FakeEnvironment) -> None:
    with fake.reissued("elsewhere.invalid", days=-1):
        assert fake.issued == ("elsewhere.invalid", -1)
    assert fake.issued is None
