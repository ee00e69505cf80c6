"""What the handle knows without a running stack; the rest is tested with one, in tests/live."""

from dataclasses import replace
from typing import Any

import pytest

from uz.components import compose
from uz.components.redis import PASSWORDS
from uz.components.rotating import Phase, Record
from uz.environment import Environment
from uz.errors import SecretError, UzError
from uz.secret import FileSecrets, Secret
from uz.spec import Kind, Spec
from uz.targets.local.environment import LocalEnvironment, conforms, rehearsal_spec
from uz.targets.local.layout import Layout
from uz.testing import MACHINE, spec

ALL = ("edge", "web", "worker", "server", "[network]")


def handle(layout: Layout, of: Spec, rehearses: Kind | None = None) -> LocalEnvironment:
    return LocalEnvironment(layout, of, compose(of, MACHINE), MACHINE, rehearses)


def test_a_rehearsal_is_the_same_but_for_its_name_kind_and_ports() -> None:
    live = spec(app={"instances": 3}, edge={"rate": 7, "http_port": 81})
    trial = rehearsal_spec(live, 23000)
    assert (trial.environment, trial.kind) == ("rehearsal", Kind.REHEARSAL)
    assert (trial.ports.http, trial.ports.https, trial.ports.base) == (23080, 23443, 23000)
    assert (trial.app, trial.edge.rate) == (live.app, 7)
    assert rehearsal_spec(spec("demo", kind="staging"), 23000).environment == "demo-rehearsal"


def test_the_name_of_a_rehearsal_is_a_name(layout: Layout) -> None:
    made = rehearsal_spec(spec("a" * 24, kind="staging"), 23000)
    assert Spec.model_validate(made.model_dump()).environment == "a" * 14 + "-rehearsal"
    assert handle(layout, made).kind is Kind.REHEARSAL


def test_a_rehearsal_never_opens_its_secrets_by_the_credential_of_another() -> None:
    named = {"bootstrap": "/etc/uz/live", "manager": "openbao"}
    assert rehearsal_spec(spec(secrets=named), 23000).secrets.bootstrap is None


def test_a_rehearsal_sends_nothing_to_the_store_of_production() -> None:
    table = {
        "offsite": "s3://vault/shop",
        "endpoint": "https://store.example",
        "access_key": "ref+vault://secret/store#/access",
        "secret_key": "ref+vault://secret/store#/key",
        "lock": "30d",
    }
    live = spec(backups=table, secrets={"manager": "openbao"})
    found = rehearsal_spec(live, 23000).backups
    assert found is not None
    assert found.embedded
    assert (found.bucket, found.prefix) == ("", "")
    left = (found.endpoint, found.authority, found.access_key, found.secret_key)
    assert left == (None, None, None, None)
    assert live.backups is not None
    assert (found.lock, found.keep) == (live.backups.lock, live.backups.keep)
    assert rehearsal_spec(spec(), 23000).backups is None


def test_a_rehearsals_inputs_are_those_of_what_it_was_made_from(layout: Layout) -> None:
    live = spec(app={"instances": 2}, processes={"mail": {"command": "mail"}})
    trial = rehearsal_spec(live, 25000)
    assert handle(layout, live).inputs(ALL) == handle(layout, trial).inputs(ALL)


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({"edge": {"rate": 7}}, {"config:edge"}),
        ({"app": {"env": {"A": "b"}}}, {"config:app-1", "config:app-2"}),
        ({"network": {"allow": {}}}, {"uz.toml:[network]"}),
        ({"logs": {"keep": 9}}, {"config:log-rotation"}),
    ],
)
def test_only_what_depends_on_a_change_is_another_input(
    layout: Layout, change: dict[str, Any], changed: set[str]
) -> None:
    before = handle(layout, spec()).inputs(ALL)
    after = handle(layout, spec(**change)).inputs(ALL)
    assert {name for name in before if before[name] != after.get(name)} == changed


def test_another_version_of_a_program_is_another_input(layout: Layout) -> None:
    newer = replace(MACHINE.programs["nginx"], version=(1, 26))
    machine = replace(MACHINE, programs={**MACHINE.programs, "nginx": newer})
    before = handle(layout, spec())
    assert before.inputs(("edge",))["version:nginx"] == "1.22.1"
    assert replace(before, machine=machine).inputs(("edge",))["version:nginx"] == "1.26"


def test_a_rehearsals_evidence_stands_for_what_it_was_made_from(layout: Layout) -> None:
    trial = spec("trial")
    assert handle(layout, trial).stands_for is Kind.REHEARSAL
    assert handle(layout, trial, Kind.PRODUCTION).stands_for is Kind.PRODUCTION


def test_nothing_is_broken_on_purpose_outside_a_rehearsal(layout: Layout) -> None:
    live: Environment = conforms(handle(layout, spec()))
    for breaking in (
        live.amended("edge/nginx.conf", str.upper),
        live.reissued("x.invalid", days=1),
    ):
        with pytest.raises(UzError, match="is no rehearsal"), breaking:
            pytest.fail("broken")


def test_secrets_are_those_of_its_source(prepared: Layout) -> None:
    FileSecrets(prepared.secrets).write("app/key", Secret(b"value"))
    one = handle(prepared, spec("trial"))
    assert one.secret("app/key").reveal() == b"value"
    with pytest.raises(SecretError, match="there is no secret 'app/other'"):
        one.secret("app/other")


def test_while_a_password_is_rotated_both_are_secret_and_the_record_says_what_readers_want(
    prepared: Layout,
) -> None:
    source = FileSecrets(prepared.secrets)
    old, new = Secret(b"old-old-old"), Secret(b"new-new-new")
    for name in PASSWORDS:
        source.write(name, old)
    one = handle(prepared, spec("trial", redis={"purpose": "cache"}))
    assert b"app:old-old-old@" in one.wanted("app-1", "redis-url").reveal()
    source.write("rotation/redis/app", Record(old, new, Phase.READERS).text())
    assert b"app:new-new-new@" in one.wanted("app-1", "redis-url").reveal()
    users = one.wanted("redis", "users.acl").reveal()
    assert b"user app on >new-new-new >old-old-old ~*" in users
    found = one.sensitive()
    assert found["rotation/redis/app/new"] == new
    assert found["rotation/redis/app/old"] == old
    assert "rotation/redis/app" not in found


def test_certificates_are_kept_with_the_secrets_and_are_none(prepared: Layout) -> None:
    source = FileSecrets(prepared.secrets)
    for name in ("edge/certificate", "edge/authority", "offsite/tls", "offsite/authority"):
        source.write(name, Secret(b"-----BEGIN CERTIFICATE-----"))
    source.write("offsite/tls-key", Secret(b"a private one"))
    assert handle(prepared, spec("trial")).sensitive() == {
        "offsite/tls-key": Secret(b"a private one")
    }


def test_the_authority_counts_only_where_the_certificate_is_its_own(prepared: Layout) -> None:
    one = handle(prepared, spec("trial"))
    assert one.authority() is None
    (prepared.data / "authority.pem").touch()
    assert one.authority() == prepared.data / "authority.pem"
    given = spec("trial", edge={"certificate": "a.pem", "certificate_key": "b.pem"})
    assert handle(prepared, given).authority() is None


def test_what_is_not_up_is_not_healthy_and_says_so(prepared: Layout) -> None:
    one = handle(prepared, spec("trial"))
    assert not one.healthy()
    assert {service.detail for service in one.status()} == {"does not run"}
    assert one.logs("app-1") == ()
