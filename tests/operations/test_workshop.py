from dataclasses import replace
from pathlib import Path

import pytest
from tests.places import Projects

from uz.backups.pgbackrest import PgBackRest
from uz.machine import Machine
from uz.operations import workshop as module
from uz.operations.backups_of import DYING
from uz.operations.workshop import NAMES, workshop
from uz.secret import Secret


def test_the_engine_is_for_any_folder_and_has_the_passphrase_that_was_given(
    projects: Projects, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Path, Machine, Secret, Path]] = []
    made = PgBackRest(Path("/far"), Path("/conf"), Path("/scratch"), rights=("as", "uz"))

    def private_engine(*words: tuple[Path, Machine, Secret, Path]) -> PgBackRest:
        asked.append(words)  # type: ignore[arg-type]
        return made

    monkeypatch.setattr(module, "private_engine", private_engine)
    place, passphrase = projects.place(database={}, backups={}), Secret(b"given")
    shop = workshop(place, passphrase)
    found = shop.engine(Path("/far"), Path("/scratch"))
    assert found == replace(made, rights=("as", "uz", *DYING))
    assert asked == [(Path("/far"), place.machine, passphrase, Path("/scratch"))]
    assert shop.machine is place.machine
    assert shop.rates is None


def test_names_of_files_are_told_apart_without_any_folder() -> None:
    name = "000000010000000000000001"
    path = f"archive/main/15-1/0000000100000000/{name}-{'0' * 40}.zst"
    assert NAMES.segment_of(path) == name
    assert NAMES.segment_of("backup/main/x/bundle/1") == ""
    bundle = "backup/main/20260101-000000F/bundle/1"
    assert NAMES.files_of("20260101-000000F", (bundle, path)) == (bundle,)
