import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.checklist.fetching_stand import trial
from tests.docs.pages import blocks

from uz.checklist.fetching import files
from uz.checklist.fetching.files import (
    bootstrap_of,
    homes,
    lasting_files,
    pipeline_files,
    stored_credentials,
)
from uz.spec import Kind, Spec
from uz.testing import FakeEnvironment, spec


class Place(FakeEnvironment):
    """An environment with files, and nothing else."""

    def __init__(self, of: Spec, home: Path) -> None:
        super().__init__(of)
        self.own = home / "shop" / of.environment
        self.project = home / "project"
        self.own.mkdir(parents=True)
        self.project.mkdir()

    @property
    def folder(self) -> Path:
        return self.own

    def credential_file(self, mode: int = 0o400) -> Path:
        path = bootstrap_of(self)
        path.write_text("not-a-secret-but-long-enough")
        path.chmod(mode)
        return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(files, "homes", lambda _env: (tmp_path / "home",))
    return Place(trial(), tmp_path)


def test_a_credential_that_only_its_owner_reads_is_as_it_should_be(place: Place) -> None:
    path = place.credential_file()
    assert path == place.folder.parent / "trial.bootstrap"
    assert list(lasting_files(place)) == []


@pytest.mark.parametrize("mode", [0o444, 0o440, 0o404, 0o600, 0o644, 0o500])
def test_any_other_mode_is_found(place: Place, mode: int) -> None:
    place.credential_file(mode)
    (found,) = lasting_files(place)
    assert f"{mode:04o}" in found


def test_a_credential_that_is_not_there_is_found(place: Place) -> None:
    (found,) = lasting_files(place)
    assert "is not there" in found


def test_a_link_is_no_file_of_its_own(place: Place) -> None:
    path = place.credential_file()
    elsewhere = path.with_name("elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    (found,) = lasting_files(place)
    assert "no file of its own" in found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_another_owner_is_found(place: Place) -> None:
    os.chown(place.credential_file(), 65534, 65534)
    (found,) = lasting_files(place)
    assert "another user" in found


def test_the_file_that_uz_toml_names_is_the_one(tmp_path: Path) -> None:
    named = tmp_path / "named"
    place = Place(trial(secrets={"manager": "openbao", "bootstrap": str(named)}), tmp_path)
    assert bootstrap_of(place) == named


@pytest.mark.parametrize(
    ("secrets", "wanted"),
    [
        ({"manager": "vault", "address": "https://v.example", "role": "uz"}, True),
        ({"manager": "vault", "address": "https://v.example", "login": "token"}, True),
        ({"manager": "vault", "address": "https://v.example", "login": "jwt", "role": "u"}, False),
        ({"manager": "awssecrets"}, False),
        ({"manager": "azurekeyvault", "address": "https://shop.vault.azure.net"}, False),
    ],
)
def test_only_who_logs_in_by_a_file_needs_one(
    place: Place, secrets: dict[str, Any], wanted: bool
) -> None:
    place.spec = trial(secrets=secrets)
    assert bool(list(lasting_files(place))) is wanted


def test_a_token_that_a_command_line_left_is_found(place: Place, tmp_path: Path) -> None:
    place.credential_file()
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.vault-token").write_text("s.0")
    (found,) = lasting_files(place)
    assert found.endswith(".vault-token: a token that a command line left")


def test_homes_are_those_of_root_the_user_and_the_app(tmp_path: Path) -> None:
    found = homes(Place(trial(), tmp_path))
    assert Path("/root") in found
    assert tmp_path / "shop/trial/data/app" in found


def test_a_readable_recovery_kit_is_found_but_in_a_rehearsal(place: Place, tmp_path: Path) -> None:
    place.credential_file()
    (place.folder.parent / "trial.recovery-kit.json").write_text("{}")
    assert list(lasting_files(place)) == []
    place.spec = trial().model_copy(update={"kind": Kind.PRODUCTION})
    (found,) = lasting_files(place)
    assert "recovery kit" in found


STORED = {
    "github": ("        token: ${{ secrets.VAULT_TOKEN }}", "VAULT_TOKEN"),
    "github, in a variable": ("    BAO_TOKEN: ${{ secrets.BAO_TOKEN }}", "BAO_TOKEN"),
    "github, small letters": ("  x: ${{ secrets.vault_secret_id }}", "vault_secret_id"),
    "github, aws": ("  k: ${{ secrets.AWS_SECRET_ACCESS_KEY }}", "AWS_SECRET_ACCESS_KEY"),
    "github, azure": ("  creds: ${{ secrets.AZURE_CREDENTIALS }}", "AZURE_CREDENTIALS"),
    "gitlab": ("    - bao login $VAULT_TOKEN", "VAULT_TOKEN"),
    "gitlab, in braces": ('    - curl -H "X-Vault-Token: ${BAO_TOKEN}"', "BAO_TOKEN"),
    "a token itself": (f"  x: hvs.{'CAESIJ1234567890abcdefghijkl'}", "a token itself"),
    "a token of OpenBao itself": (f"  x: s.{'0123456789abcdefghijklmn'}", "a token itself"),
}
FINE = {
    "a comment": "  # token: ${{ secrets.VAULT_TOKEN }}",
    "a comment at the end": "  run: make  # not $VAULT_TOKEN",
    "a secret of another kind": "  token: ${{ secrets.GITHUB_TOKEN }}",
    "an identity token": "  run: uz up --identity-token-file $VAULT_ID_TOKEN",
    "a login that was just done": "- export VAULT_TOKEN=$(bao write -field=token auth/jwt/login)\n"
    "- bao kv get -header $VAULT_TOKEN secret/x",
    "nothing": "",
}


@pytest.mark.parametrize(("text", "name"), STORED.values(), ids=STORED)
def test_a_stored_credential_in_a_pipeline_is_found(text: str, name: str) -> None:
    assert list(stored_credentials(f"jobs:\n{text}\n")) == [(2, name)]


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_what_is_no_stored_credential_is_left_alone(text: str) -> None:
    assert list(stored_credentials(text)) == []


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert all(number >= 1 and name for number, name in stored_credentials(text))


@pytest.mark.parametrize(
    "name", [".github/workflows/deploy.yml", ".github/workflows/a.yaml", ".gitlab-ci.yml"]
)
def test_the_files_of_github_and_gitlab_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\xff\n  x: ${{ secrets.VAULT_TOKEN }}\n")
    assert list(pipeline_files(tmp_path)) == [f"{name}:2: VAULT_TOKEN is stored in the CI"]


def test_a_project_without_a_pipeline_stores_nothing(tmp_path: Path) -> None:
    assert list(pipeline_files(tmp_path)) == []
    assert list(pipeline_files(tmp_path / "nowhere")) == []


def test_of_secrets_in_a_file_no_credential_is_needed(place: Place) -> None:
    place.spec = spec("trial")
    assert list(lasting_files(place)) == []


def test_the_pipelines_that_the_documentation_shows_store_no_credential(root: Path) -> None:
    shown = blocks(root / "docs/how-to/pipeline.md", "yaml")
    assert len(shown) == 2
    assert [found for text in shown for found in stored_credentials(text)] == []
