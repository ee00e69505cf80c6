"""All that belongs to the newest backup is off-site, or something of it is not."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.checklist.backups_stand import BackupsStand, as_production, backed_up

from uz.backups.tally import Tally
from uz.checklist.item import Experiment
from uz.checklist.offsite.complete import complete
from uz.evidence import Effect
from uz.operations.prove import judged
from uz.testing import FakeEnvironment
from uz.testing.backups import REPOSITORY
from uz.verdict import State


def refusal(stand: BackupsStand) -> str:
    """Why it is refuted."""
    found = judged(stand, Experiment("complete", Effect.OBSERVE, "", complete))
    assert found.state is State.REFUTED, found.reason
    return found.reason


def test_a_whole_backup_with_the_log_behind_it_is_proven(stand: BackupsStand) -> None:
    found = complete(stand)
    assert found.state is State.PROVEN, found.reason
    catalog = stand.fake.catalogs()[0]
    assert found.figures["files"] == len(catalog.files) == 5
    assert found.figures["bytes"] == sum(catalog.files.values())
    assert found.figures["log_files"] == 4


def test_without_backups_it_is_missing() -> None:
    assert complete(FakeEnvironment()).state is State.MISSING


def test_on_production_a_store_on_the_same_machine_is_only_declared(stand: BackupsStand) -> None:
    assert complete(as_production(stand)).state is State.DECLARED


def test_without_a_database_files_are_all_there_is(tmp_path: Path) -> None:
    assert complete(backed_up(tmp_path, database=False)).state is State.PROVEN


def test_each_file_that_is_missing_refutes_it(stand: BackupsStand) -> None:
    admin = stand.fake.store("admin")
    for path in stand.fake.catalogs()[0].files:
        content = admin.read(f"{REPOSITORY}/{path}")
        admin.remove(f"{REPOSITORY}/{path}")
        assert f"{path} is missing" in refusal(stand)
        admin.put(f"{REPOSITORY}/{path}", content)
    assert complete(stand).state is State.PROVEN


def test_one_that_was_taken_without_something_looks_whole_and_is_refuted(
    stand: BackupsStand,
) -> None:
    last = stand.fake.catalogs()[0]
    partial = Tally(1, 9, missing=("/srv/uploads: is not there",)).sealed(stand.fake.passphrase)
    newer = replace(last, taken_at=datetime.now(UTC), tally=partial)
    stand.fake.store("admin").put(newer.key, newer.text().encode())
    assert refusal(stand) == (
        "the newest backup was taken without something: /srv/uploads: is not there"
    )


def test_a_file_that_is_there_and_is_shorter_looks_right_and_is_refuted(
    stand: BackupsStand,
) -> None:
    admin = stand.fake.store("admin")
    path = next(one for one in stand.fake.catalogs()[0].files if one.endswith("bundle/1"))
    content = admin.read(f"{REPOSITORY}/{path}")
    admin.remove(f"{REPOSITORY}/{path}")
    admin.put(f"{REPOSITORY}/{path}", content[:-1])
    assert "has another size" in refusal(stand)


def test_a_file_of_an_older_backup_that_the_newest_needs_counts_too(stand: BackupsStand) -> None:
    older = next(one for one in stand.fake.catalogs()[0].files if one.endswith("bundle/1"))
    stand.fake.back_up()
    stand.fake.store("admin").remove(f"{REPOSITORY}/{older}")
    assert f"{older} is missing" in refusal(stand)


def test_a_gap_in_the_log_behind_it_refutes_it_though_no_catalog_names_that_file(
    stand: BackupsStand,
) -> None:
    _, log = stand.fake.inventory()
    middle = sorted(log.segments)[-2]
    stand.fake.store("admin").remove(f"{REPOSITORY}/{log.segments[middle][0]}")
    assert "is missing between others" in refusal(stand)


def test_a_catalog_that_names_nothing_is_no_backup(stand: BackupsStand) -> None:
    empty = replace(stand.fake.catalogs()[0], files={}, taken_at=datetime.now(UTC))
    stand.fake.store().put(empty.key, empty.text().encode())
    assert refusal(stand) == "the newest catalog names no file at all"
