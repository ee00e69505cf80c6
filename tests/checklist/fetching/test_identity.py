from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hvac
import pytest
from tests.checklist.fetching_stand import PIPELINE, FetchingStand, answered_by, trial
from tests.managers.oidc_issuer import issuing
from tests.managers.openbao_server import OpenBao

from uz.checklist.fetching.identity import identity
from uz.checklist.fetching.mirror import MIRROR
from uz.checklist.fetching.tokens import Signer
from uz.managers.pipeline import MOUNT, ROLE, unconfigure
from uz.spec import Kind
from uz.verdict import State

pytestmark = pytest.mark.live
PATH = f"auth/{MOUNT}/role/{ROLE}"


def written(stand: FetchingStand, **settings: Any) -> None:
    """Change the role as somebody with too much to do would; the next test puts it back."""
    stand.client.write_data(PATH, data={"role_type": "jwt", **settings})


def test_the_right_identity_gets_in_and_all_others_are_refused(stand: FetchingStand) -> None:
    verdict = identity(stand)
    assert verdict.state is State.PROVEN, verdict.reason
    assert verdict.figures == {
        "wrong_identities": 21,
        "let_in": 0,
        "token_s": 600,
        "issuer_answers": False,
    }
    assert "mirror" in verdict.reason
    assert f"{MIRROR}/" not in stand.client.sys.list_auth_methods()["data"]


def test_where_the_issuer_does_not_answer_that_is_said(stand: FetchingStand) -> None:
    verdict = identity(stand)
    assert verdict.state is State.PROVEN
    assert verdict.reason.endswith("the issuer does not answer OpenBao, so nobody could get in")


def test_in_production_an_issuer_that_does_not_answer_decides_nothing(stand: FetchingStand) -> None:
    stand.stands_for = Kind.PRODUCTION
    verdict = identity(stand)
    assert verdict.state is State.UNKNOWN
    assert verdict.reason == "the issuer does not answer OpenBao, so nobody could get in"
    assert verdict.figures["issuer_answers"] is False


def test_of_an_issuer_that_answers_nothing_is_said(stand: FetchingStand, tmp_path: Path) -> None:
    with issuing(tmp_path) as issuer:
        answered_by(stand, issuer)
        stand.stands_for = Kind.PRODUCTION
        verdict = identity(stand)
    assert verdict.state is State.PROVEN, verdict.reason
    assert verdict.figures["issuer_answers"] is True
    assert "does not answer" not in verdict.reason


HOURS = {"token_ttl": 7200, "token_max_ttl": 7200, "token_explicit_max_ttl": 7200}
STARS = {"repository": "acme/*", "ref": "refs/heads/main*"}
LOOSE: dict[str, tuple[dict[str, Any], str]] = {
    "a claim less": ({"bound_claims": {"repository": "acme/shop"}}, "another ref"),
    "stars": ({"bound_claims": STARS, "bound_claims_type": "glob"}, "a longer ref"),
    "a list for a text": ({"claim_mappings": {}}, "ref as one of several"),
    "another audience": ({"bound_audiences": ["x"]}, "is refused"),
    "the default leeway": ({"clock_skew_leeway": 0}, "expired"),
    "the default for no end": ({"expiration_leeway": 0}, "without an end"),
    "a token for two hours": (HOURS, "7200 s"),
    "a renewed token": ({"token_max_ttl": 90000, "token_explicit_max_ttl": 0}, "90000 s"),
    "a period": ({"token_period": 300, "token_explicit_max_ttl": 0}, "without an end"),
    "the operator's rights": ({"token_policies": [ROLE, "uz-operator"]}, "tokens, destroy secrets"),
    "no rights": ({"token_policies": ["uz-reader-app"]}, "does not open the secrets"),
}


@pytest.mark.parametrize(("settings", "why"), LOOSE.values(), ids=LOOSE)
def test_a_role_that_looks_right_and_is_too_open_is_refuted(
    stand: FetchingStand, settings: dict[str, Any], why: str
) -> None:
    written(stand, **settings)
    verdict = identity(stand)
    assert verdict.state is State.REFUTED
    assert why in verdict.reason


def test_a_second_role_is_found(stand: FetchingStand) -> None:
    stand.client.write_data(
        f"auth/{MOUNT}/role/other",
        data={"role_type": "jwt", "user_claim": "sub", "bound_audiences": ["x"]},
    )
    try:
        verdict = identity(stand)
    finally:
        stand.client.delete(f"auth/{MOUNT}/role/other")
    assert verdict.state is State.REFUTED
    assert "the role other" in verdict.reason


@contextmanager
def keys_of_another(stand: FetchingStand, **config: Any) -> Iterator[None]:
    stand.client.write_data(f"auth/{MOUNT}/config", data=config)
    try:
        yield
    finally:
        unconfigure(stand.client)


def test_keys_from_elsewhere_are_found(stand: FetchingStand) -> None:
    with keys_of_another(stand, jwt_validation_pubkeys=[Signer().public_key]):
        verdict = identity(stand)
    assert verdict.state is State.REFUTED
    assert "from elsewhere" in verdict.reason


def test_an_issuer_that_is_not_bound_is_found(stand: FetchingStand) -> None:
    issuer = PIPELINE["issuer"]
    with keys_of_another(stand, oidc_discovery_url=issuer, skip_jwks_validation=True):
        verdict = identity(stand)
    assert verdict.state is State.REFUTED
    assert "another issuer" in verdict.reason


def test_without_the_role_no_pipeline_gets_in(stand: FetchingStand) -> None:
    unconfigure(stand.client)
    verdict = identity(stand)
    assert verdict.state is State.REFUTED
    assert "no role" in verdict.reason


def test_a_role_that_uz_toml_no_longer_names_is_refuted(
    stand: FetchingStand, bao: tuple[OpenBao, hvac.Client], tmp_path: Path
) -> None:
    stand.spec = stand.spec.model_copy(update={"pipeline": None})
    assert identity(stand).state is State.REFUTED
    unconfigure(stand.client)
    assert identity(stand).state is State.MISSING


def test_a_lifetime_of_more_than_an_hour_is_too_long_for_a_deploy(
    bao: tuple[OpenBao, hvac.Client], tmp_path: Path
) -> None:
    long = FetchingStand(trial(pipeline={**PIPELINE, "token_lifetime": "2h"}), *bao, tmp_path)
    long.configure()
    verdict = identity(long)
    assert verdict.state is State.REFUTED
    assert "an hour is enough" in verdict.reason


def test_what_a_killed_run_left_is_removed(stand: FetchingStand) -> None:
    stand.client.sys.enable_auth_method("jwt", path=MIRROR)
    stand.spec = stand.spec.model_copy(update={"pipeline": None})
    identity(stand)
    assert f"{MIRROR}/" not in stand.client.sys.list_auth_methods()["data"]
