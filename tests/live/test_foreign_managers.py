"""An environment whose secrets are in a manager of the user's own: a Vault, or AWS."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Stage
from tests.managers.moto_server import REGION, moto
from tests.managers.openbao_server import OpenBao, openbao

pytestmark = [pytest.mark.live, pytest.mark.slow]

POLICY = 'path "secret/*" { capabilities = ["create", "read", "update", "delete", "list"] }'


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[OpenBao]:
    """A server with an AppRole for Uz."""
    with openbao(tmp_path) as server:
        client = server.client()
        client.sys.create_or_update_acl_policy("uz", POLICY)
        client.auth.approle.create_or_update_approle("uz", token_policies=["uz"], token_ttl="10m")
        client.auth.approle.update_role_id("uz", "uz")
        yield server


def credential(stage: Stage) -> Path:
    """The bootstrap credential."""
    return stage.home / "tiny" / "production.bootstrap"


def by_approle(stage: Stage, vault: OpenBao) -> str:
    """Have the stage's secrets kept there; return the secret id that Uz logs in with."""
    stage.set("app.instances", 1)
    stage.set(
        "secrets",
        {
            "manager": "vault",
            "address": vault.address,
            "authority": str(vault.authority),
            "role": "uz",
        },
    )
    stage.commit()
    answer = vault.client().auth.approle.generate_secret_id("uz")
    secret_id: str = answer["data"]["secret_id"]
    return secret_id


def put(stage: Stage, secret_id: str) -> None:
    """Put the credential where Uz looks for it."""
    credential(stage).parent.mkdir(parents=True, exist_ok=True)
    for folder in (stage.home, credential(stage).parent):
        folder.chmod(0o711)
    credential(stage).unlink(missing_ok=True)
    credential(stage).write_text(secret_id)
    credential(stage).chmod(0o400)


def test_a_vault_of_ones_own_keeps_what_uz_makes_up(stage: Stage, vault: OpenBao) -> None:
    secret_id = by_approle(stage, vault)
    message = refused(stage.uz("up"), "production.bootstrap: not there")
    assert mentions_next(message)
    put(stage, secret_id)
    stage.up()
    assert not (stage.root() / "secrets.json").exists()
    found = vault.client().secrets.kv.v2.list_secrets("tiny/production/uz")
    assert {"app/", "edge/"} <= set(found["data"]["keys"])
    assert "openbao" not in stage.services()
    assert "nothing changed" in stage.up().stdout


def test_one_that_is_down_is_bridged_by_the_sealed_copy_and_one_that_refuses_is_not(
    stage: Stage, vault: OpenBao
) -> None:
    secret_id = by_approle(stage, vault)
    put(stage, secret_id)
    stage.up()
    assert stage.uz("down").code == 0
    vault.stop()
    said = stage.uz("up")
    assert said.code == 2, said
    assert "from the sealed copy" in said.stderr
    assert stage.client().answers()
    assert "from the sealed copy" in stage.uz("status").stdout
    vault.start()
    stage.up()
    assert "from the sealed copy" not in stage.uz("status").stdout
    put(stage, "a-secret-id-that-is-wrong-for-sure")
    message = refused(stage.uz("up"), "does not let")
    assert "sealed copy" not in message
    put(stage, secret_id)
    vault.seal()
    assert "sealed copy" not in refused(stage.uz("up"), "is sealed")


def test_aws_keeps_what_uz_makes_up_and_what_is_referred_to(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "no-secret-at-all")
    with moto() as address:
        stage.set("app.instances", 1)
        stage.set("secrets", {"manager": "awssecrets", "address": address, "region": REGION})
        stage.set("app.env.STRIPE_KEY", "ref+awssecrets://tiny/production/stripe")
        stage.commit()
        refused(stage.uz("up"), "nothing at tiny/production/stripe")
        assert stage.uz("secrets", "set", "stripe", stdin="sk-12345678").code == 0
        stage.up()
        assert stage.client().get("/environment").json()["STRIPE_KEY"] == "sk-12345678"
        assert not (stage.root() / "secrets.json").exists()
        assert stat.S_IMODE(credential(stage).stat().st_mode) == 0o400
        assert stage.uz("down").code == 0
    said = stage.uz("up")
    assert said.code == 2, said
    assert "from the sealed copy" in said.stderr
    assert stage.client().answers()
