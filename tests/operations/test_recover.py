import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from tests.operations.cluster import Steps
from tests.places import Projects

from uz.backups import PASSPHRASE
from uz.backups.catalog import Catalog
from uz.backups.finding import Finding
from uz.backups.sealing import seal
from uz.backups.target import LATEST, Target
from uz.errors import BackupError, BusyError, SecretError, StoreRefusedError, UzError
from uz.operations import recover as module
from uz.operations.place import Place
from uz.operations.recover import (
    Known,
    Recovered,
    known_from,
    plan_recovery,
    recover,
)
from uz.operations.remaking import Remake
from uz.secret import Secret
from uz.targets.local.backups.sources import OffSite
from uz.targets.local.backups.store_of import ACCESS, SECRET
from uz.targets.local.layout import Layout
from uz.targets.local.recovery import Kit
from uz.targets.local.state import locked
from uz.testing.folder_store import FolderStore
from uz.testing.secrets import MemorySecrets
from uz.trail import entries

KEY = "ref+file://.secrets/key"
BACKUPS = {"offsite": "s3://vault/far", "endpoint": "https://far.example", "access_key": KEY,
           "secret_key": KEY}  # fmt: skip
VAULT = {"manager": "vault", "address": "https://vault.example:8200", "role": "shop"}


@pytest.fixture
def place(projects: Projects) -> Place:
    """A project whose secrets are in an OpenBao of its own, on an empty machine."""
    return projects.place(database={}, backups=BACKUPS, secrets={})


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the reader."""
    monkeypatch.setenv(ACCESS, "reader")
    monkeypatch.setenv(SECRET, "of-the-reader")


def kit(layout: Layout, passphrase: bytes = b"correct horse") -> Kit:
    secret = Secret(b"opens-everything")
    return Kit(layout.app, layout.environment, secret, secret, (), Secret(passphrase), "")


def known(place: Place, folder: Path) -> Known:
    return Known(FolderStore(folder), Secret(b"correct horse"), kit(place.layout))


def test_the_kit_has_the_passphrase_and_the_reader_opens_the_store(place: Place) -> None:
    found = known_from(place, kit(place.layout).text())
    assert found.passphrase == Secret(b"correct horse")
    assert found.kit
    assert found.kit.bootstrap == Secret(b"opens-everything")
    assert not place.layout.home.exists(), "nothing is made by looking"


def test_without_the_readers_keys_it_is_said_which_are_missing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ACCESS)
    with pytest.raises(StoreRefusedError, match="reader") as error:
        known_from(place, kit(place.layout).text())
    assert ACCESS in error.value.hint


def test_without_the_kit_it_is_asked_for(place: Place) -> None:
    with pytest.raises(SecretError, match="the recovery kit is missing") as error:
        known_from(place, None)
    assert "--kit" in error.value.hint


def test_a_kit_of_before_there_were_backups_is_told(place: Place) -> None:
    with pytest.raises(SecretError, match="no passphrase of backups") as raised:
        known_from(place, kit(place.layout, b"").text())
    assert "uz secrets kit" in raised.value.hint


@pytest.mark.parametrize("text", ["", "null", "{}", "age-encryption.org/v1"])
def test_what_is_no_kit_is_refused(place: Place, text: str) -> None:
    with pytest.raises(SecretError, match="no recovery kit"):
        known_from(place, text)


def test_another_environments_kit_is_refused(place: Place) -> None:
    other = Layout(place.layout.home, "shop", "staging")
    with pytest.raises(SecretError, match="of shop/staging, not of shop/production") as raised:
        known_from(place, kit(other).text())
    assert "--env" in raised.value.hint


def test_a_store_that_was_on_the_machine_is_lost_with_it(projects: Projects) -> None:
    place = projects.place(database={}, backups={"offsite": "embedded"}, secrets={})
    with pytest.raises(BackupError, match="lost with it"):
        known_from(place, kit(place.layout).text())


def test_without_backups_there_is_nothing_to_recover(projects: Projects) -> None:
    with pytest.raises(UzError, match=r"no \[backups\]"):
        known_from(projects.place(secrets={}), None)


def test_secrets_of_a_file_are_lost_with_the_machine(projects: Projects) -> None:
    place = projects.place(database={}, backups=BACKUPS)
    with pytest.raises(UzError, match="lost with the machine"):
        known_from(place, None)


def test_a_manager_of_the_users_own_has_the_passphrase(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = projects.place(database={}, backups=BACKUPS, secrets=VAULT)
    source = MemorySecrets({PASSPHRASE: b"kept elsewhere"})
    monkeypatch.setattr(module, "log_in", lambda *_: source)
    found = known_from(place, None)
    assert (found.passphrase, found.kit) == (Secret(b"kept elsewhere"), None)
    del source.values[PASSPHRASE]
    with pytest.raises(SecretError, match="not in the secrets manager") as raised:
        known_from(place, None)
    assert "[secrets]" in raised.value.hint


def test_the_plan_is_made_from_what_is_off_site(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = SimpleNamespace(repository="cafe")
    asked: list[object] = []

    def planned(_shop: object, source: OffSite, target: Target) -> object:
        asked.extend((source.store, target))
        return made

    monkeypatch.setattr(module, "planned", planned)
    have = known(place, tmp_path)
    assert plan_recovery(place, have, LATEST) is cast(object, made)
    assert asked == [have.store, LATEST]


def pointed(folder: Path, *passphrases: bytes | None) -> Known:
    """A store with restore points, the oldest first, that these sealed; None: damaged."""
    store = FolderStore(folder)
    for number, one in enumerate(passphrases):
        content = b"damaged" if one is None else seal(Secret(one), b"{}")
        path = folder / f"cafe/points/{9 - number}.age"  # who makes them may name them as they like
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1000 + number, 1000 + number))
    catalog = Catalog("cafe", datetime(2026, 11, 26, tzinfo=UTC), "", (), {})
    path = folder / catalog.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(catalog.text().encode())
    return Known(store, Secret(b"correct horse"), None)


RIGHT, WRONG = b"correct horse", b"battery staple"


@pytest.mark.parametrize(
    ("sealed", "opens"),
    [
        ((), True),
        ((RIGHT,), True),
        ((None, RIGHT), True),
        ((RIGHT, *[WRONG] * 9), True),
        ((WRONG,), False),
        ((WRONG, None, WRONG), False),
    ],
)
def test_whether_the_passphrase_opens_what_is_there_is_known_before_anything_is_fetched(
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sealed: tuple[bytes | None, ...],
    opens: bool,
) -> None:
    monkeypatch.setattr(module, "planned", lambda *_: SimpleNamespace(repository="cafe"))
    have = pointed(tmp_path / "store", *sealed)
    if opens:
        assert plan_recovery(place, have, LATEST)
        return
    with pytest.raises(BackupError, match=r"backups/passphrase in .* does not open") as raised:
        plan_recovery(place, have, LATEST)
    assert "[backups]" in raised.value.hint
    with pytest.raises(BackupError, match="the passphrase in the recovery kit does not open"):
        plan_recovery(place, replace(have, kit=kit(place.layout)), LATEST)


def test_a_key_that_is_refused_is_said_to_be_the_readers(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planned(*_: object) -> object:
        raise StoreRefusedError("403", hint="The keys of uz.toml.")

    monkeypatch.setattr(module, "planned", planned)
    with pytest.raises(StoreRefusedError, match="403") as error:
        plan_recovery(place, known(place, tmp_path), LATEST)
    assert ACCESS in error.value.hint


def test_nothing_is_recovered_over_what_is_there(place: Place, tmp_path: Path) -> None:
    place.layout.root.mkdir(parents=True)
    (place.layout.root / "data").mkdir()
    with pytest.raises(BackupError, match="there is an environment already"):
        plan_recovery(place, known(place, tmp_path), LATEST)


def test_without_a_database_there_is_no_plan(projects: Projects, tmp_path: Path) -> None:
    place = projects.place(backups=BACKUPS, secrets={})
    assert plan_recovery(place, known(place, tmp_path), LATEST) is None


class Remakes:
    """What is made again."""

    def __init__(self) -> None:
        self.what: Remake | None = None
        self.error: BaseException | None = None

    def __call__(self, what: Remake, _progress: object) -> tuple[str, ...]:
        self.what = what
        with pytest.raises(BusyError), locked(what.place.layout, "another"):
            raise AssertionError
        if self.error:
            raise self.error
        what.phases.update({"fetch": 2.0, "up": 1.5})
        what.found(Finding("identity", True, "fine"))
        what.found(Finding("files", False, "1 came back, and there were 2"))
        return ("a note",)


@pytest.fixture
def remakes(monkeypatch: pytest.MonkeyPatch) -> Remakes:
    one = Remakes()
    monkeypatch.setattr(module, "remake", one)
    return one


def test_all_is_made_again_in_its_place_and_folders_outside_as_well(
    place: Place, remakes: Remakes, tmp_path: Path, steps: Steps
) -> None:
    have = known(place, tmp_path)
    done = recover(place, have, LATEST, "recover --yes", steps)
    notes = ("a note", "files: 1 came back, and there were 2")
    assert done == Recovered({"fetch": 2.0, "up": 1.5}, notes)
    assert done.seconds == 3.5
    what = remakes.what
    assert what
    assert (what.place, what.store, what.kit, what.target) == (
        place, have.store, have.kit, LATEST,
    )  # fmt: skip
    assert what.outside
    assert what.origin is None
    assert what.first is None


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(BackupError("damaged"), "failed: damaged"), (KeyboardInterrupt(), "interrupted")],
)
def test_how_it_ended_is_in_the_audit_trail(
    place: Place,
    remakes: Remakes,
    tmp_path: Path,
    steps: Steps,
    error: BaseException,
    outcome: str,
) -> None:
    remakes.error = error
    with pytest.raises(type(error)):
        recover(place, known(place, tmp_path), LATEST, "recover", steps)
    remakes.error = None
    recover(place, known(place, tmp_path), LATEST, "recover", steps)
    assert [one.outcome for one in entries(place.layout.trail)] == [outcome, "done"]


def test_a_refused_key_is_said_to_be_the_readers_in_the_middle_too(
    place: Place, remakes: Remakes, tmp_path: Path, steps: Steps
) -> None:
    remakes.error = StoreRefusedError("403", hint="The keys of uz.toml.")
    with pytest.raises(StoreRefusedError) as error:
        recover(place, known(place, tmp_path), LATEST, "recover", steps)
    assert SECRET in error.value.hint
