"""What every Environment promises, as tests: they run on the fake and on every target.

Inherit from `EnvironmentConformance` in a test module and give it two fixtures:

- `environment`: a fresh rehearsal environment that is up and healthy;
- `other`: a handle on one marked production whose edge is configured differently; it need not be
  up, and nothing is changed in it.
"""

import pytest

from uz.environment import Environment, ServiceStatus, killed, stopped
from uz.errors import SecretError, UzError
from uz.spec import Kind
from uz.stack import Role

FILE = "edge/headers.conf"
"""A file that every target renders, and where a comment does no harm."""


def _named(environment: Environment, service: str) -> ServiceStatus:
    return next(one for one in environment.status() if one.name == service)


def _commented(text: str) -> str:
    return f"{text}# amended\n"


class EnvironmentConformance:
    """The promises; a target that keeps them all can be used by every experiment."""

    def test_it_is_healthy_to_begin_with(self, environment: Environment) -> None:
        assert environment.healthy()
        assert all(one.running and one.healthy for one in environment.status())

    def test_its_status_names_every_service_in_start_order(self, environment: Environment) -> None:
        wanted = [service.name for service in environment.stack.in_start_order()]
        assert [one.name for one in environment.status()] == wanted

    def test_its_name_and_kind_are_those_of_its_spec(self, environment: Environment) -> None:
        assert environment.name == environment.spec.environment
        assert environment.kind is environment.spec.kind is Kind.REHEARSAL
        assert environment.stands_for in Kind

    def test_it_has_as_many_instances_as_the_spec_asks_for(self, environment: Environment) -> None:
        assert len(environment.instances(Role.WEB)) == environment.spec.app.instances
        assert environment.instances(Role.EDGE) == ("edge",)

    def test_a_stopped_service_is_away_and_then_given_back(self, environment: Environment) -> None:
        service = environment.instances(Role.WEB)[0]
        with stopped(environment, service):
            assert not environment.healthy()
            assert not _named(environment, service).running
        assert environment.healthy()

    def test_a_stopped_service_is_given_back_when_the_block_raises(
        self, environment: Environment
    ) -> None:
        service = environment.instances(Role.WEB)[0]
        with pytest.raises(ZeroDivisionError), stopped(environment, service):
            raise ZeroDivisionError
        assert environment.healthy()

    def test_a_killed_service_recovers(self, environment: Environment) -> None:
        service = environment.instances(Role.WEB)[0]
        before = _named(environment, service)
        with killed(environment, service):
            pass
        after = _named(environment, service)
        assert environment.healthy()
        assert after.running
        assert after.pid is None or after.pid != before.pid

    def test_to_stop_or_to_start_twice_is_the_same_as_once(self, environment: Environment) -> None:
        service = environment.instances(Role.WEB)[0]
        environment.stop(service)
        environment.stop(service)
        assert not _named(environment, service).running
        environment.start(service)
        environment.start(service)
        assert environment.healthy()

    @pytest.mark.parametrize("verb", ["start", "stop", "kill", "address"])
    def test_a_service_that_it_does_not_have_is_a_key_error(
        self, environment: Environment, verb: str
    ) -> None:
        with pytest.raises(KeyError):
            getattr(environment, verb)("no-such-service")
        assert environment.healthy()

    def test_the_edge_has_an_address(self, environment: Environment) -> None:
        assert environment.address("edge").port == environment.spec.ports.https

    def test_a_service_without_a_port_has_no_address(self, environment: Environment) -> None:
        silent = [one.name for one in environment.stack.services if not one.listens]
        assert silent
        for name in silent:
            with pytest.raises(KeyError):
                environment.address(name)

    @pytest.mark.parametrize("lines", [0, 1, 3])
    def test_logs_are_no_longer_than_asked(self, environment: Environment, lines: int) -> None:
        for service in environment.stack.services:
            assert len(environment.logs(service.name, lines)) <= lines

    def test_a_program_runs_and_its_code_comes_back(self, environment: Environment) -> None:
        done = environment.run("true")
        assert done.ok
        assert done.argv[-1:] == ("true",)

    def test_listeners_include_the_edges_ports_as_declared_ones(
        self, environment: Environment
    ) -> None:
        ports = environment.spec.ports
        declared = {one.address.port for one in environment.listeners() if one.declared}
        assert {ports.http, ports.https} <= declared

    def test_instances_listen_on_loopback_only(self, environment: Environment) -> None:
        ports = {environment.address(name).port for name in environment.instances(Role.WEB)}
        found = [one for one in environment.listeners() if one.address.port in ports]
        assert {one.address.port for one in found} == ports
        assert all(one.loopback and not one.declared for one in found)

    def test_outside_addresses_are_not_loopback(self, environment: Environment) -> None:
        assert not [one for one in environment.outside_addresses() if one.startswith("127.")]
        assert "::1" not in environment.outside_addresses()

    def test_an_unknown_secret_is_an_error(self, environment: Environment) -> None:
        with pytest.raises(SecretError):
            environment.secret("no/such-secret")

    def test_generated_secrets_are_there_and_do_not_show(self, environment: Environment) -> None:
        for name in environment.spec.app.generated_secrets:
            secret = environment.secret(f"app/{name}")
            assert secret.reveal()
            assert secret.reveal().decode() not in f"{secret} {secret!r}"

    def test_a_secret_can_be_rotated(self, environment: Environment) -> None:
        for name in environment.spec.app.generated_secrets:
            before = environment.secret(f"app/{name}")
            assert environment.rotate(f"app/{name}").name == f"app/{name}"
            assert environment.secret(f"app/{name}") != before
        assert environment.healthy()

    def test_what_does_not_exist_is_not_rotated(self, environment: Environment) -> None:
        with pytest.raises(UzError):
            environment.rotate("no/such-secret")

    def test_the_authority_is_a_certificate_or_nothing(self, environment: Environment) -> None:
        authority = environment.authority()
        assert authority is None or "BEGIN CERTIFICATE" in authority.read_text()

    def test_inputs_are_the_same_when_asked_twice(self, environment: Environment) -> None:
        names = ("edge", "web", "[network]")
        assert environment.inputs(names)
        assert environment.inputs(names) == environment.inputs(names)

    def test_inputs_are_found_by_role_and_by_name(self, environment: Environment) -> None:
        by_name = environment.inputs(environment.instances(Role.WEB))
        assert by_name
        assert by_name == environment.inputs(("web",))
        assert environment.inputs(()) == {}

    def test_inputs_differ_where_the_configuration_does(
        self, environment: Environment, other: Environment
    ) -> None:
        assert environment.inputs(("edge",)) != other.inputs(("edge",))

    def test_it_says_which_failures_it_survives(self, environment: Environment) -> None:
        assert environment.failure_domains()

    def test_an_amended_file_is_changed_while_the_block_runs(
        self, environment: Environment
    ) -> None:
        seen: list[str] = []

        def look(text: str) -> str:
            seen.append(text)
            return _commented(text)

        with environment.amended(FILE, look):
            assert environment.healthy()
            with environment.amended(FILE, look):
                pass
        with environment.amended(FILE, look):
            pass
        original, inside, afterwards = seen
        assert inside == _commented(original)
        assert afterwards == original
        assert environment.healthy()

    def test_an_amended_file_is_undone_when_the_block_raises(
        self, environment: Environment
    ) -> None:
        seen: list[str] = []

        def look(text: str) -> str:
            seen.append(text)
            return _commented(text)

        with pytest.raises(ZeroDivisionError), environment.amended(FILE, look):
            raise ZeroDivisionError
        with environment.amended(FILE, look):
            pass
        assert seen[0] == seen[1]
        assert environment.healthy()

    def test_a_change_that_changes_nothing_is_refused(self, environment: Environment) -> None:
        with pytest.raises(UzError), environment.amended(FILE, lambda text: text):
            pytest.fail("a control with it would prove nothing")
        assert environment.healthy()

    def test_another_certificate_is_served_for_a_while(self, environment: Environment) -> None:
        with environment.reissued("elsewhere.invalid", days=30):
            assert environment.healthy()
        assert environment.healthy()

    def test_nothing_is_broken_on_purpose_outside_a_rehearsal(self, other: Environment) -> None:
        assert other.kind is not Kind.REHEARSAL
        with pytest.raises(UzError), other.amended(FILE, _commented):
            pytest.fail("amended")
        with pytest.raises(UzError), other.reissued("elsewhere.invalid", days=30):
            pytest.fail("reissued")
