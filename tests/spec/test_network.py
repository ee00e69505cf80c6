import pytest

from uz.errors import SpecError
from uz.testing import spec


def test_ssh_alone_is_allowed_beside_the_edge() -> None:
    assert spec().network.allow == {"22/tcp": "SSH"}


def test_what_is_allowed_replaces_the_default() -> None:
    assert spec(network={"allow": {"51820/udp": "WireGuard"}}).network.allow == {
        "51820/udp": "WireGuard"
    }


@pytest.mark.parametrize("base", [1023, 64001, "23000", 23000.0])
def test_the_port_base_leaves_room_for_a_thousand_ports(base: object) -> None:
    with pytest.raises(SpecError, match="network.port_base"):
        spec(network={"port_base": base})


def test_logs_are_bounded_by_size_number_and_age() -> None:
    logs = spec(logs={"max_size": "1MiB", "keep": 3, "max_age": "7d"}).logs
    assert (logs.max_size, logs.keep, logs.max_age.days) == (2**20, 3, 7)
