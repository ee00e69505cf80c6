import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from dotenv import dotenv_values
from tests.managers.openbao_server import openbao

from uz.components import compose
from uz.errors import SecretError, SpecError, UnreachableError
from uz.managers import Kept
from uz.managers.vault import OWN, VaultManager
from uz.operations.import_env import (
    Import,
    differing,
    kept_before,
    prepare_import,
    replace_files,
    store,
)
from uz.operations.list_secrets import list_secrets
from uz.secret import Secret
from uz.spec import load
from uz.spec.app import file_of
from uz.testing import MACHINE, MemoryManager, uz_toml

DRAWN = "q7Xv" + "2mPz" + "9KdLw4Rt"
"""Made up, and in pieces, so that no scanner takes it for a secret."""
PEM = "-----BEGIN " + "PRIVATE KEY-----\nab\"c'#=$d\\\n-----END " + "PRIVATE KEY-----\n"
ENV = f"""\
# The shop's own.
LOG_LEVEL=info
export STRIPE_API_KEY = "{DRAWN}"  # live
SIGNING="{PEM}"

PORT=8000
"""


@dataclass
class Shop:
    """A project with a `.env` file, and a manager in memory."""

    project: Path
    manager: MemoryManager
    environment: str = "production"

    @property
    def file(self) -> Path:
        return self.project / ".env"

    @property
    def text(self) -> str:
        return self.file.read_bytes().decode()

    def prepared(self, *, everything: bool = False) -> Import:
        of = load(self.project, self.environment)
        return prepare_import(self.project, of, self.file, everything=everything)

    def stored(self, found: Import) -> None:
        store(self.manager, found, kept_before(self.manager, found), lambda *_: None)

    def imported(self) -> Import:
        found = self.prepared()
        self.stored(found)
        replace_files(found)
        return found

    def kept(self, path: str) -> bytes:
        found = self.manager.read(path)
        assert found is not None
        return found.fields["value"].reveal()

    def env(self) -> dict[str, str]:
        return load(self.project, self.environment).app.env


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "uz.toml").write_text("# mine\n" + uz_toml(secrets={"manager": "openbao"}))
    (tmp_path / ".env").write_bytes(ENV.replace('"' + PEM + '"', quoted(PEM)).encode())
    return Shop(tmp_path, MemoryManager())


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def test_secrets_are_kept_byte_for_byte_as_the_app_would_have_seen_them(shop: Shop) -> None:
    before = dotenv_values(shop.file)
    shop.imported()
    assert shop.kept("secret/stripe-api-key").decode() == before["STRIPE_API_KEY"] == DRAWN
    assert shop.kept("secret/signing").decode() == before["SIGNING"] == PEM


def test_the_file_keeps_all_but_its_secrets(shop: Shop) -> None:
    shop.imported()
    assert shop.text == (
        "# The shop's own.\n"
        "LOG_LEVEL=info\n"
        "export STRIPE_API_KEY =ref+vault://secret/stripe-api-key#/value  # live\n"
        "SIGNING=ref+vault://secret/signing#/value\n"
        "\n"
        "PORT=8000\n"
    )


def test_uz_toml_gets_settings_and_references_and_keeps_what_it_has(shop: Shop) -> None:
    before = (shop.project / "uz.toml").read_text()
    shop.imported()
    assert (shop.project / "uz.toml").read_text().startswith(before)
    assert shop.env() == {
        "LOG_LEVEL": "info",
        "STRIPE_API_KEY": "ref+vault://secret/stripe-api-key#/value",
        "SIGNING": "ref+vault://secret/signing#/value",
    }


def test_a_second_time_there_is_nothing_to_do(shop: Shop) -> None:
    shop.imported()
    found = shop.prepared()
    assert not found.to_do
    assert found.secrets == ()
    shop.imported()
    assert [len(one) for one in shop.manager.versions.values()] == [1, 1]


def test_before_it_is_stored_nothing_is_changed_or_sent(shop: Shop) -> None:
    before = shop.text, (shop.project / "uz.toml").read_text()
    assert shop.prepared().to_do
    assert (shop.text, (shop.project / "uz.toml").read_text()) == before
    assert shop.manager.versions == {}


class KilledError(Exception):
    """Stands for the power that fails."""


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_killed_anywhere_it_goes_on_and_nothing_is_lost(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    write, read, done = shop.manager.write, shop.manager.read, [0]

    def counted() -> None:
        done[0] += 1
        if done[0] > after:
            raise KilledError

    def writing(path: str, fields: Mapping[str, Secret]) -> Kept:
        counted()
        return write(path, fields)

    def reading(path: str, *, parameters: Mapping[str, str] | None = None) -> Kept | None:
        if shop.manager.versions.get(path):
            counted()
        return read(path, parameters=parameters)

    before = shop.text
    with monkeypatch.context() as patch:
        patch.setattr(shop.manager, "write", writing)
        patch.setattr(shop.manager, "read", reading)
        with pytest.raises(KilledError):
            shop.imported()
    assert shop.text == before
    shop.imported()
    assert DRAWN not in shop.text
    assert shop.kept("secret/signing").decode() == PEM
    assert [len(one) for one in shop.manager.versions.values()] == [1, 1]


def test_killed_between_the_two_files_the_values_are_still_in_the_one(shop: Shop) -> None:
    found = shop.prepared()
    shop.stored(found)
    (shop.project / "uz.toml").write_text(found.uz_toml.after)
    assert DRAWN in shop.text
    again = shop.imported()
    assert [one.remark for one in again.secrets] == ["in uz.toml already"] * 2
    assert DRAWN not in shop.text
    assert shop.env()["LOG_LEVEL"] == "info"


def test_another_value_in_the_manager_is_told_before_it_is_replaced(shop: Shop) -> None:
    shop.manager.write("secret/stripe-api-key", {"value": Secret(b"another-one")})
    found = shop.prepared()
    before = kept_before(shop.manager, found)
    assert [one.name for one in differing(found, before)] == ["STRIPE_API_KEY"]
    store(shop.manager, found, before, lambda *_: None)
    assert shop.kept("secret/stripe-api-key").decode() == DRAWN
    assert differing(found, kept_before(shop.manager, found)) == ()


def test_a_manager_that_gives_back_something_else_leaves_the_file_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, before = shop.manager.write, shop.text

    def stripping(path: str, fields: Mapping[str, Secret]) -> Kept:
        return write(path, {name: Secret(one.reveal().strip()) for name, one in fields.items()})

    monkeypatch.setattr(shop.manager, "write", stripping)
    with pytest.raises(SecretError, match="secret/signing: what a manager in memory gives back"):
        shop.imported()
    assert shop.text == before


def test_a_manager_that_does_not_answer_leaves_all_as_it_was(shop: Shop) -> None:
    before = shop.text
    shop.manager.failing = UnreachableError("no answer")
    with pytest.raises(UnreachableError):
        shop.imported()
    assert shop.text == before


def test_a_file_that_somebody_edits_meanwhile_is_left_to_the_next_run(shop: Shop) -> None:
    found = shop.prepared()
    shop.stored(found)
    shop.file.write_text(shop.text + "NEW_TOKEN=" + DRAWN[::-1] + "\n")
    with pytest.raises(SpecError, match="changed while Uz worked"):
        replace_files(found)
    assert "NEW_TOKEN" in shop.text
    shop.imported()
    assert shop.kept("secret/new-token").decode() == DRAWN[::-1]


def test_a_uz_toml_that_could_not_be_loaded_is_never_written(shop: Shop) -> None:
    path = shop.project / "uz.toml"
    path.write_text('app = {name = "shop", domain = "shop.example", command = "serve"}\n')
    with pytest.raises(SpecError, match="cannot be added to"):
        shop.prepared()
    assert shop.manager.versions == {}


def test_an_environment_has_its_own_table_and_its_own_manager(tmp_path: Path) -> None:
    text = uz_toml("staging", kind="staging", secrets={"manager": "openbao"})
    (tmp_path / "uz.toml").write_text(text)
    (tmp_path / ".env").write_text(f"API_TOKEN={DRAWN}\nLEVEL=debug\n")
    shop = Shop(tmp_path, MemoryManager(), "staging")
    shop.imported()
    tables = tomllib.loads((tmp_path / "uz.toml").read_text())
    assert "env" not in tables["app"]
    assert tables["environments"]["staging"]["app"]["env"]["LEVEL"] == "debug"


def test_productions_references_are_not_inherited_where_they_name_it(tmp_path: Path) -> None:
    vault = {"manager": "vault", "address": "https://vault.example", "login": "token"}
    staging = {"staging": {"kind": "staging"}}
    (tmp_path / "uz.toml").write_text(uz_toml(secrets=vault, environments=staging))
    (tmp_path / ".env").write_text(f"API_TOKEN={DRAWN}\nLEVEL=info\n")
    Shop(tmp_path, MemoryManager()).imported()
    assert load(tmp_path, "staging").app.env == {"LEVEL": "info"}
    reference = "ref+vault://secret/shop/production/api-token#/value"
    assert load(tmp_path).app.env == {"LEVEL": "info", "API_TOKEN": reference}


def test_line_ends_and_marks_of_windows_stay(shop: Shop) -> None:
    shop.file.write_bytes(f"\ufeffA=1\r\nAPI_TOKEN={DRAWN}\r\n".encode())
    shop.imported()
    reference = "ref+vault://secret/api-token#/value"
    assert shop.text == f"\ufeffA=1\r\nAPI_TOKEN={reference}\r\n"


def test_no_repr_shows_a_value(shop: Shop) -> None:
    assert DRAWN not in repr(shop.prepared())


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultManager]:
    with openbao(tmp_path_factory.mktemp("openbao")) as server:
        yield VaultManager(server.client(), OWN)


NASTY = {
    "A_SECRET": " spaces around ",
    "B_SECRET": "quote\" 'both' \\ back",
    "C_SECRET": "$HOME #hash =equals ${",
    "D_SECRET": "crlf\r\nand\ttab\n\n",
    "E_SECRET": "ümläut € 𝄞 \u2028",
    "F_SECRET": "x" * 100_000,
}


@pytest.mark.live
def test_a_real_openbao_gives_every_byte_back(tmp_path: Path, real: VaultManager) -> None:
    (tmp_path / "uz.toml").write_text(uz_toml(secrets={"manager": "openbao"}))
    lines = [f"{name}={escaped(value)}\n" for name, value in NASTY.items()]
    (tmp_path / ".env").write_bytes("".join(lines).encode())
    of = load(tmp_path)
    found = prepare_import(tmp_path, of, tmp_path / ".env")
    store(real, found, kept_before(real, found), lambda *_: None)
    replace_files(found)
    for name, value in NASTY.items():
        kept = real.read(f"secret/{file_of(name)}")
        assert kept is not None
        assert kept.fields["value"].reveal().decode() == value
    listed = list_secrets(real, of, compose(load(tmp_path), MACHINE))
    assert {one.version for one in listed.secrets} == {"1"}
    assert [one.readers for one in listed.secrets] == [("app-1", "app-2")] * len(NASTY)
    assert listed.missing == ()


def escaped(value: str) -> str:
    """As it is written in a `.env` file, on one line."""
    return quoted(value).replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")
