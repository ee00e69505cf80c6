import socket
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import hvac
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.managers.oidc_issuer import AUDIENCE, CLAIMS, Issuer, ec_key, issuing, rsa_key
from tests.managers.openbao_server import OpenBao, openbao

from uz.errors import UzError
from uz.managers.pipeline import MOUNT, ROLE, configure, differences, role, trusted, unconfigure
from uz.managers.rights import DEPLOY
from uz.spec import Pipeline

BOUND = {name: CLAIMS[name] for name in ("repository", "ref")}


def pipeline(issuer: str, **changed: Any) -> Pipeline:
    """A `[pipeline]` table."""
    table = {"issuer": issuer, "audience": AUDIENCE, "claims": BOUND, "token_lifetime": "10m"}
    return Pipeline.model_validate({**table, **changed})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    with openbao(tmp_path_factory.mktemp("bao")) as running:
        policy = 'path "secret/data/uz/*" { capabilities = ["read"] }'
        running.client().sys.create_or_update_acl_policy(DEPLOY, policy)
        yield running


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    with issuing(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture
def client(server: OpenBao) -> Iterator[hvac.Client]:
    """A client that may do everything, on an OpenBao that lets no pipeline in."""
    client = server.client()
    unconfigure(client)
    yield client
    unconfigure(client)


@pytest.fixture
def configured(client: hvac.Client, issuer: Issuer) -> hvac.Client:
    """As `client`, with the pipeline of `issuer` let in."""
    assert configure(client, pipeline(issuer.url), issuer.authority_pem, DEPLOY) == ""
    return client


def login(client: hvac.Client, token: str) -> dict[str, Any]:
    """What a login gives."""
    answer: dict[str, Any] = client.auth.jwt.jwt_login(ROLE, token, use_token=False, path=MOUNT)
    found: dict[str, Any] = answer["auth"]
    return found


def refused(client: hvac.Client, token: str) -> str:
    """Why a login is refused."""
    with pytest.raises(hvac.exceptions.InvalidRequest) as error:
        login(client, token)
    return str(error.value)


@pytest.mark.live
@pytest.mark.parametrize("kid", ["rsa", "ec"])
def test_the_right_job_gets_a_token_for_ten_minutes(
    configured: hvac.Client, issuer: Issuer, kid: str
) -> None:
    got = login(configured, issuer.token(kid))
    assert got["lease_duration"] == 600
    assert got["token_policies"] == [DEPLOY]
    assert got["metadata"]["claim_repository"] == "acme/shop"
    found = configured.auth.token.lookup_accessor(got["accessor"])["data"]
    assert found["policies"] == [DEPLOY]
    assert (found["explicit_max_ttl"], found.get("period")) == (600, None)


@pytest.mark.live
def test_its_token_cannot_be_made_to_live_longer(configured: hvac.Client, issuer: Issuer) -> None:
    accessor = login(configured, issuer.token())["accessor"]
    configured.write_data(
        "auth/token/renew-accessor", data={"accessor": accessor, "increment": "720h"}
    )
    assert configured.auth.token.lookup_accessor(accessor)["data"]["ttl"] <= 600


WRONG: dict[str, dict[str, Any]] = {
    "another repository": {"repository": "acme/other"},
    "a fork of the same name": {"repository": "evil/shop"},
    "a repository whose name begins the same": {"repository": "acme/shop2"},
    "a repository in other letters": {"repository": "Acme/Shop"},
    "another branch": {"ref": "refs/heads/feature"},
    "a pull request": {"ref": "refs/pull/7/merge", "event_name": "pull_request"},
    "no branch": {"ref": None},
    "an empty branch": {"ref": ""},
    "the branch among others in a list": {"ref": ["refs/heads/main", "refs/heads/evil"]},
    "the branch alone in a list": {"ref": ["refs/heads/main"]},
    "a number": {"ref": 1},
    "another audience": {"aud": "https://other.example"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://other.example"},
    "the issuer with a slash": {"iss": "https://127.0.0.1/"},
    "no subject": {"sub": None},
    "a subject that is a list": {"sub": ["a"]},
}


@pytest.mark.live
@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
def test_a_wrong_identity_is_refused(
    configured: hvac.Client, issuer: Issuer, changed: dict[str, Any]
) -> None:
    refused(configured, issuer.token(**changed))
    assert login(configured, issuer.token())  # it was only this


@pytest.mark.live
def test_a_wrong_subject_is_refused_where_the_subject_is_bound(
    client: hvac.Client, issuer: Issuer
) -> None:
    bound = {"sub": CLAIMS["sub"]}
    assert not configure(client, pipeline(issuer.url, claims=bound), issuer.authority_pem, DEPLOY)
    assert login(client, issuer.token())
    refused(client, issuer.token(sub="repo:acme/shop:ref:refs/heads/feature"))


@pytest.mark.live
@pytest.mark.parametrize("ago", [6, 20, 59, 149, 3600])
def test_an_expired_token_is_refused(configured: hvac.Client, issuer: Issuer, ago: int) -> None:
    end = int(time.time()) - ago
    token = issuer.token(iat=end - 300, nbf=end - 300, exp=end)
    assert "expired" in refused(configured, token)


@pytest.mark.live
def test_a_token_without_an_end_is_refused_soon_after_it_was_made(
    configured: hvac.Client, issuer: Issuer
) -> None:
    made = int(time.time()) - 6
    assert "expired" in refused(configured, issuer.token(iat=made, nbf=made, exp=None))
    refused(configured, issuer.token(iat=None, nbf=None, exp=None))


@pytest.mark.live
@pytest.mark.parametrize("ahead", [30, 59, 149])
def test_a_token_that_is_not_valid_yet_is_refused(
    configured: hvac.Client, issuer: Issuer, ahead: int
) -> None:
    begin = int(time.time()) + ahead
    token = issuer.token(iat=begin, nbf=begin, exp=begin + 300)
    assert "not yet valid" in refused(configured, token)


@pytest.mark.live
def test_clocks_may_differ_by_a_second_or_two(configured: hvac.Client, issuer: Issuer) -> None:
    begin = int(time.time()) + 2
    assert login(configured, issuer.token(iat=begin, nbf=begin, exp=begin + 300))


@pytest.mark.live
def test_what_is_not_signed_by_the_issuer_is_refused(
    configured: hvac.Client, issuer: Issuer
) -> None:
    good = issuer.token()
    head, body, _ = good.split(".")
    for token in (
        issuer.unsigned(),
        f"{head}.{body}.",
        issuer.token(key=rsa_key()),
        issuer.token("ec", key=ec_key()),
        f"{good[:-4]}AAAA",
        "",
        "nonsense",
        f"{good}.x",
    ):
        refused(configured, token)


@pytest.mark.live
def test_a_new_key_of_the_issuer_is_found_without_being_told(
    configured: hvac.Client, issuer: Issuer
) -> None:
    assert login(configured, issuer.token())
    issuer.keys["new"] = rsa_key()
    try:
        assert login(configured, issuer.token("new"))
    finally:
        del issuer.keys["new"]


@pytest.mark.live
def test_twice_is_the_same_as_once_and_writes_nothing(
    configured: hvac.Client, issuer: Issuer, server: OpenBao
) -> None:
    before = server.audit.stat().st_size
    assert configure(configured, pipeline(issuer.url), issuer.authority_pem, DEPLOY) == ""
    with server.audit.open() as log:
        log.seek(before)
        assert '"operation":"update"' not in log.read()


@pytest.mark.live
@pytest.mark.parametrize(
    "changed",
    [
        {"bound_claims": {"ref": "*"}, "bound_claims_type": "glob"},
        {"bound_audiences": [AUDIENCE, "https://other.example"]},
        {"clock_skew_leeway": 0},
        {"expiration_leeway": 0},
        {"claim_mappings": {}},
        {"token_policies": [DEPLOY, "root-like"]},
        {"token_ttl": 0, "token_max_ttl": 0},
        {"token_period": 3600},
        {"token_explicit_max_ttl": 0},
        {"token_no_default_policy": False},
        {"bound_subject": "other"},
    ],
    ids=lambda changed: min(changed),
)
def test_what_was_changed_by_hand_is_put_back(
    configured: hvac.Client, issuer: Issuer, changed: dict[str, Any]
) -> None:
    path, wanted = f"auth/{MOUNT}/role/{ROLE}", role(pipeline(issuer.url), DEPLOY)
    configured.write_data(path, data={"role_type": "jwt", **changed})
    assert set(differences(configured.read(path)["data"], wanted)) >= set(changed)
    configure(configured, pipeline(issuer.url), issuer.authority_pem, DEPLOY)
    assert differences(configured.read(path)["data"], wanted) == ()


@pytest.mark.live
def test_a_key_put_in_by_hand_is_taken_out(configured: hvac.Client, issuer: Issuer) -> None:
    configured.write_data(
        f"auth/{MOUNT}/config",
        data={"jwks_url": f"{issuer.url}/jwks", "jwks_ca_pem": issuer.authority_pem},
    )
    assert configure(configured, pipeline(issuer.url), issuer.authority_pem, DEPLOY) == ""
    found = configured.read(f"auth/{MOUNT}/config")["data"]
    assert differences(found, trusted(pipeline(issuer.url), issuer.authority_pem)) == ()


@pytest.mark.live
def test_an_issuer_that_cannot_be_reached_is_told_and_nobody_gets_in(
    client: hvac.Client, issuer: Issuer
) -> None:
    nobody = "https://127.0.0.1:1"
    for _ in range(2):
        told = configure(client, pipeline(nobody), "", DEPLOY)
        assert nobody in told
        assert "connection refused" in told
    refused(client, issuer.token(iss=nobody))
    assert client.read(f"auth/{MOUNT}/config")["data"]["bound_issuer"] == nobody


@pytest.mark.live
def test_an_issuer_whose_certificate_nobody_knows_is_told(
    client: hvac.Client, issuer: Issuer
) -> None:
    assert "certificate" in configure(client, pipeline(issuer.url), "", DEPLOY)


@pytest.mark.live
@pytest.mark.slow
def test_an_issuer_that_says_nothing_is_told_and_replaced(
    client: hvac.Client, issuer: Issuer
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        for _ in range(2):
            assert address in configure(client, pipeline(address), "", DEPLOY)
        assert configure(client, pipeline(issuer.url), issuer.authority_pem, DEPLOY) == ""
    assert login(client, issuer.token())


@pytest.mark.live
def test_another_issuer_replaces_the_first(configured: hvac.Client, issuer: Issuer) -> None:
    assert configure(configured, pipeline("https://127.0.0.1:1"), "", DEPLOY)
    refused(configured, issuer.token())


@pytest.mark.live
def test_an_audience_with_a_comma_is_one_audience(client: hvac.Client, issuer: Issuer) -> None:
    table = pipeline(issuer.url, audience="a,b")
    configure(client, table, issuer.authority_pem, DEPLOY)
    assert login(client, issuer.token(aud="a,b"))
    refused(client, issuer.token(aud="a"))


@pytest.mark.live
def test_without_a_pipeline_nobody_gets_in_and_what_was_got_ends(
    configured: hvac.Client, issuer: Issuer
) -> None:
    accessor = login(configured, issuer.token())["accessor"]
    assert unconfigure(configured)
    assert not unconfigure(configured)
    with pytest.raises(hvac.exceptions.VaultError):
        configured.auth.token.lookup_accessor(accessor)
    with pytest.raises(hvac.exceptions.VaultError):
        login(configured, issuer.token())


@pytest.mark.live
def test_who_may_not_do_this_is_told_so(server: OpenBao, issuer: Issuer) -> None:
    client = server.client()
    client.token = "s.nobody"
    with pytest.raises(UzError, match="OpenBao at https://127"):
        configure(client, pipeline(issuer.url), issuer.authority_pem, DEPLOY)
    with pytest.raises(UzError):
        unconfigure(client)


@given(st.integers(min_value=0, max_value=10**9 - 1))
def test_a_lifetime_is_never_the_default_of_thirty_two_days(milliseconds: int) -> None:
    found = role(pipeline("https://ci.example", token_lifetime=f"{milliseconds}ms"), DEPLOY)
    assert found["token_ttl"] >= 1
    assert found["token_ttl"] == found["token_max_ttl"] == found["token_explicit_max_ttl"]
    assert found["token_ttl"] <= max(1, milliseconds / 1000)


@given(st.dictionaries(st.text(), st.none() | st.text() | st.integers() | st.lists(st.text())))
def test_what_is_as_wanted_has_no_differences(wanted: dict[str, Any]) -> None:
    assert differences(wanted, wanted) == ()
    assert differences({}, wanted) == tuple(key for key, value in wanted.items() if value)
