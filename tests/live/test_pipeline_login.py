"""A pipeline brings its identity token to `uz up`, which then needs no bootstrap credential to log
in; whoever is not that pipeline is refused, and never served from the sealed copy."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.live.openbao_stage import an_openbao_stage, kept
from tests.live.refusals import refused
from tests.live.stage import Ran, Stage
from tests.managers.oidc_issuer import AUDIENCE, CLAIMS, Issuer, issuing

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def ci(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Issuer]]:
    """A stage that is up and lets one pipeline in, and who signs that pipeline's tokens."""
    folder = tmp_path_factory.mktemp("issuer")
    with an_openbao_stage() as stage, issuing(folder) as issuer:
        authority = stage.project / "issuer.pem"
        authority.write_text(issuer.authority_pem)
        stage.set("app.instances", 1)
        stage.set("app.env.STRIPE_KEY", "ref+vault://secret/stripe#/value")
        claims = {name: CLAIMS[name] for name in ("repository", "ref")}
        stage.set(
            "pipeline",
            {
                "issuer": issuer.url,
                "audience": AUDIENCE,
                "authority": "issuer.pem",
                "claims": claims,
            },
        )
        stage.commit()
        kept(stage, "stripe", "first-value")
        stage.up()
        yield stage, issuer


def up_with(stage: Stage, token: str) -> Ran:
    """`uz up` by a pipeline."""
    return stage.uz("up", "--identity-token-file", "-", stdin=token)


def test_the_right_pipeline_deploys_and_brings_new_values(ci: tuple[Stage, Issuer]) -> None:
    stage, issuer = ci
    kept(stage, "stripe", "second-value")
    stage.version("two")
    done = up_with(stage, issuer.token())
    assert done.code == 0, done
    assert stage.client().get("/whoami").json()["version"] == "two"
    assert stage.client().get("/environment").json()["STRIPE_KEY"] == "second-value"
    assert stage.uz("up", UZ_IDENTITY_TOKEN=issuer.token("ec")).code == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"repository": "acme/other"},
        {"ref": "refs/heads/feature"},
        {"aud": "https://other.example"},
        {"exp": 1},
    ],
    ids=str,
)
def test_another_one_is_refused_and_what_runs_goes_on(
    ci: tuple[Stage, Issuer], wrong: dict[str, Any]
) -> None:
    stage, issuer = ci
    message = refused(up_with(stage, issuer.token(**wrong)), "does not let")
    assert "sealed copy" not in message
    assert stage.client().answers()


def test_one_that_is_unsigned_or_empty_is_refused(ci: tuple[Stage, Issuer]) -> None:
    stage, issuer = ci
    refused(up_with(stage, issuer.unsigned()), "does not let")
    refused(up_with(stage, "\n"), "empty")


def test_it_may_not_change_who_reads_what(ci: tuple[Stage, Issuer]) -> None:
    stage, issuer = ci
    stage.set("app.secrets", {"more": "ref+vault://secret/more#/value"})
    kept(stage, "more", "another-value")
    refused(up_with(stage, issuer.token()), "does not allow it")
    stage.up()
    assert up_with(stage, issuer.token()).code == 0
