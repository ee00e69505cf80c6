import pytest

from uz.errors import SpecError
from uz.spec import Kind, Ports, Spec
from uz.testing import spec


def test_production_is_on_the_ports_that_users_expect() -> None:
    made = spec()
    assert made.ports == Ports(20000, 80, 443)
    assert made.url == "https://shop.example"


def test_other_environments_are_on_ports_of_their_own() -> None:
    made = spec("trial")
    assert made.ports == Ports(23000, 23080, 23443)
    assert made.url == "https://shop.example:23443"


def test_staging_has_a_base_of_its_own_and_others_must_say() -> None:
    assert spec(environments={"staging": {}}).kind is Kind.PRODUCTION
    with pytest.raises(SpecError, match=r"network.port_base: missing for the environment 'demo'"):
        spec(environments={"demo": {"kind": "staging"}})


def test_the_edges_ports_can_be_chosen() -> None:
    ports = spec(edge={"http_port": 8080, "https_port": 8443}).ports
    assert (ports.http, ports.https) == (8080, 8443)


@pytest.mark.parametrize("port", [20081, 20100, 20101])
def test_a_port_that_uz_uses_itself_is_refused(port: int) -> None:
    with pytest.raises(SpecError, match=f"edge.https_port: {port} is a port that Uz uses"):
        spec(edge={"https_port": port})


def test_the_edge_cannot_have_one_port_for_both() -> None:
    with pytest.raises(SpecError, match="the same port is used twice"):
        spec(edge={"http_port": 443})


def test_instances_have_consecutive_ports() -> None:
    assert [spec().ports.web(number) for number in (1, 2)] == [20100, 20101]


def test_too_many_instances_are_refused() -> None:
    assert spec(app={"instances": 300}).app.instances == 300
    with pytest.raises(SpecError, match="app.instances: at most 300"):
        spec(app={"instances": 301})


@pytest.mark.parametrize("name", ["app", "edge", "log-rotation"])
def test_a_process_cannot_take_a_name_of_uz(name: str) -> None:
    with pytest.raises(SpecError, match=f"processes.{name}: this name is taken"):
        spec(processes={name: {"command": "work"}})


def test_the_domains_are_the_first_and_its_aliases() -> None:
    assert spec(app={"aliases": ["www.shop.example"]}).domains == (
        "shop.example",
        "www.shop.example",
    )


def test_a_spec_survives_json() -> None:
    made = spec(edge={"body_limit": "5MB", "hsts_max_age": "400d"}, logs={"max_size": "1GiB"})
    assert Spec.model_validate_json(made.model_dump_json()) == made
