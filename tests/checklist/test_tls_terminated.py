import socket
from contextlib import closing

import pytest
from tests.checklist.edges import ALIAS, NAME, Edges, redirect
from tests.servers import Reply

from uz.checklist.item import Experiment
from uz.checklist.tls_terminated import (
    chain,
    enclosed,
    expired,
    only_redirects,
    open_instance,
    plain_http,
    wrong_name,
)
from uz.environment import Address, Listening
from uz.evidence import Effect
from uz.operations.prove import judged
from uz.spec import Kind
from uz.testing import FakeEnvironment, spec
from uz.verdict import State, Verdict


def answer(prove: object, env: FakeEnvironment) -> Verdict:
    """What is made of an experiment, also where it raises."""
    return judged(env, Experiment("tries", Effect.PROBE, "", prove))  # type: ignore[arg-type]


class TestCertificate:
    def test_a_valid_chain_is_proven_for_all_names(self, edge: Edges) -> None:
        verdict = chain(edge(names=(NAME, ALIAS)))
        assert verdict.state is State.PROVEN
        assert verdict.reason == "chain valid for 2 names, 89 days left, private CA"
        assert verdict.figures["protocol"] == "TLSv1.3"

    def test_one_that_misses_a_name_is_refuted(self, edge: Edges) -> None:
        env = edge(names=(NAME, ALIAS))
        env.certified.serve(NAME, days=90)
        verdict = chain(env)
        assert verdict.state is State.REFUTED
        assert verdict.reason.startswith(f"{ALIAS}: the certificate is refused")

    def test_a_chain_that_ends_within_days_is_refuted(self, edge: Edges) -> None:
        verdict = chain(edge(days=3))
        assert (verdict.state, verdict.reason) == (
            State.REFUTED,
            "the certificate ends in 2 days",
        )

    def test_a_chain_of_nobody_known_is_refuted(self, edge: Edges) -> None:
        env = edge()
        env.certificate = None
        verdict = chain(env)
        assert verdict.state is State.REFUTED
        assert "unable to get local issuer certificate" in verdict.reason

    def test_a_private_ca_is_no_more_than_declared_for_production(self, edge: Edges) -> None:
        env = edge()
        env.stands_for = Kind.PRODUCTION
        verdict = chain(env)
        assert verdict.state is State.DECLARED
        assert "no user's browser knows it" in verdict.reason

    def test_plain_http_on_the_secure_port_is_refuted(self, edge: Edges) -> None:
        env = edge()
        ports = env.spec.edge.model_copy(update={"https_port": env.spec.ports.http})
        plain = FakeEnvironment(env.spec.model_copy(update={"edge": ports}))
        assert "no TLS handshake" in chain(plain).reason

    def test_an_edge_that_nobody_can_reach_is_unknown(self) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as one:
            port = one.getsockname()[1]
        closed = FakeEnvironment(spec("trial", edge={"https_port": port}))
        verdict = answer(chain, closed)
        assert verdict.state is State.UNKNOWN
        assert "refused" in verdict.reason

    def test_an_edge_that_says_nothing_is_unknown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("uz.checklist.tls_terminated.TIMEOUT", 0.2)
        with closing(socket.create_server(("127.0.0.1", 0))) as one:
            silent = FakeEnvironment(spec("trial", edge={"https_port": one.getsockname()[1]}))
            assert answer(chain, silent).state is State.UNKNOWN

    @pytest.mark.parametrize("sabotage", [wrong_name, expired])
    def test_the_controls_are_noticed_and_undone(self, edge: Edges, sabotage: object) -> None:
        env = edge()
        with sabotage(env):  # type: ignore[operator]
            assert chain(env).state is State.REFUTED
        assert chain(env).state is State.PROVEN


class TestRedirect:
    def test_only_redirects_are_proven(self, edge: Edges) -> None:
        verdict = only_redirects(edge(names=(NAME, ALIAS)))
        assert verdict.state is State.PROVEN
        assert verdict.figures["plain_requests"] == 24

    @pytest.mark.parametrize("status", [200, 302, 307, 404, 500])
    def test_any_other_answer_is_refuted(self, edge: Edges, status: int) -> None:
        def plain(method: str, host: str, path: str) -> Reply:
            return Reply(status, redirect(method, host, path).headers)

        verdict = only_redirects(edge(plain))
        assert verdict.state is State.REFUTED
        assert f"answered with {status}" in verdict.reason

    @pytest.mark.parametrize(
        "location", ["http://{host}:{{https}}{path}", "https://evil.example{path}", "{path}", ""]
    )
    def test_a_redirect_to_another_place_is_refuted(self, edge: Edges, location: str) -> None:
        def plain(method: str, host: str, path: str) -> Reply:  # noqa: ARG001
            return Reply(301, {"Location": location.format(host=host, path=path)})

        assert "leads to" in only_redirects(edge(plain)).reason

    def test_one_method_that_is_served_is_found(self, edge: Edges) -> None:
        def plain(method: str, host: str, path: str) -> Reply:
            return Reply() if method == "DELETE" else redirect(method, host, path)

        assert only_redirects(edge(plain)).reason.startswith(f"DELETE http://{NAME}/ is answered")

    def test_a_redirect_that_loses_the_path_is_refuted(self, edge: Edges) -> None:
        def plain(method: str, host: str, path: str) -> Reply:
            return redirect(method, host, path.partition("?")[0])

        assert only_redirects(edge(plain)).state is State.REFUTED

    def test_a_closed_port_is_unknown(self) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as one:
            port = one.getsockname()[1]
        closed = FakeEnvironment(spec("trial", edge={"http_port": port}))
        assert answer(only_redirects, closed).state is State.UNKNOWN

    def test_the_control_lets_the_plain_port_serve(self) -> None:
        fake = FakeEnvironment()
        with plain_http(fake):
            text = fake.files["edge/nginx.conf"]
            assert text.count("location / { proxy_pass http://app; }") == 1
            assert "return 301" not in text


class TestNoWayAround:
    def test_instances_on_loopback_are_proven(self) -> None:
        verdict = enclosed(FakeEnvironment())
        assert verdict.state is State.PROVEN
        assert (verdict.figures["instances"], verdict.figures["dialled"]) == (2, 0)

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "::ffff:192.0.2.7"])
    def test_one_that_listens_beside_loopback_is_refuted(self, host: str) -> None:
        fake = FakeEnvironment()
        fake.strangers = (Listening("tcp", Address(host, 23100), 1, "serve"),)
        verdict = enclosed(fake)
        assert verdict.state is State.REFUTED
        assert "app-1 listens on" in verdict.reason

    def test_one_that_answers_from_outside_is_refuted_whatever_the_kernel_says(self) -> None:
        fake = FakeEnvironment()
        fake.outside = ("127.0.0.2",)
        with closing(socket.create_server(("127.0.0.2", 23100))):
            assert "app-1 answers at 127.0.0.2:23100" in enclosed(fake).reason
        assert enclosed(fake).figures["dialled"] == 2

    def test_one_that_the_kernel_does_not_list_is_unknown(self) -> None:
        fake = FakeEnvironment()
        fake.stop("app-2")
        verdict = enclosed(fake)
        assert verdict.state is State.UNKNOWN
        assert "app-2" in verdict.reason

    def test_the_control_is_noticed_and_undone(self, edge: Edges) -> None:
        env = edge()
        assert enclosed(env).state is State.PROVEN
        with open_instance(env):
            assert enclosed(env).state is State.REFUTED
        assert enclosed(env).state is State.PROVEN
