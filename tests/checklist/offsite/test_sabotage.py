"""Each sabotage breaks one thing, and puts it back whatever happens."""

import json
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from tests.checklist.backups_stand import LOOSE, BackupsStand, backed_up

from uz.checklist.backups_scheduled import BackupsScheduled
from uz.checklist.item import Control
from uz.checklist.offsite import sabotage
from uz.checklist.offsite.complete import complete
from uz.checklist.offsite.encrypted import encrypted, known_content
from uz.errors import StoreUnreachableError, UnhealthyError, UzError
from uz.spec import Kind
from uz.testing.backups import REPOSITORY, RIGHTS
from uz.verdict import State

EVERY = pytest.mark.parametrize("control", BackupsScheduled().controls, ids=lambda one: one.name)
PLACES = {
    "stopped": "running", "other-schedule": "files", "object-missing": "objects",
    "in-plain": "objects", "compressed": "objects", "may-delete": "files", "hoards": "files",
}  # fmt: skip
PARTS = ("objects", "files", "rights", "running", "secrets", "tables")


def changed(stand: BackupsStand, before: tuple[object, ...]) -> set[str]:
    """The parts of a stand that are not as they were."""
    return {
        name for name, one, other in zip(PARTS, before, stand.state(), strict=True) if one != other
    }


@EVERY
def test_it_changes_its_one_thing_and_undoes_it_when_the_experiment_crashes(
    stand: BackupsStand, control: Control
) -> None:
    before = stand.state()
    with suppress(ZeroDivisionError), control.sabotage(stand):
        assert changed(stand, before) - {"rights"} == {PLACES[control.name]}
        raise ZeroDivisionError
    assert changed(stand, before) == set()


@pytest.mark.parametrize(
    "control",
    [one for one in BackupsScheduled().controls if one.name != "stopped"],
    ids=lambda one: one.name,
)
def test_outside_of_a_rehearsal_nothing_off_site_is_touched(
    stand: BackupsStand, control: Control
) -> None:
    stand.spec = stand.spec.model_copy(update={"kind": Kind.PRODUCTION})
    before = stand.state()
    with pytest.raises(UzError, match="no rehearsal"), control.sabotage(stand):
        pass
    assert changed(stand, before) == set()


def test_only_the_backups_schedule_is_another(stand: BackupsStand) -> None:
    before = {one["name"]: one for one in json.loads(stand.files["scheduler/jobs.json"])["jobs"]}
    with sabotage.other_schedule(stand):
        plan = json.loads(stand.files["scheduler/jobs.json"])
        after = {one["name"]: one for one in plan["jobs"]}
        assert after.pop("backup") == before.pop("backup") | {"schedule": sabotage.NEVER}
        assert after == before


def test_one_file_of_the_newest_backup_is_gone(stand: BackupsStand) -> None:
    before = stand.fake.objects()
    newest = stand.fake.catalogs()[0].backups[-1].label
    with sabotage.object_missing(stand):
        (gone,) = before.keys() - stand.fake.objects().keys()
        assert f"/{newest}/" in gone


def test_without_a_database_the_newest_of_the_files_is_what_is_broken(tmp_path: Path) -> None:
    stand = backed_up(tmp_path, database=False)
    for act, experiment in (
        (sabotage.object_missing, complete),
        (sabotage.in_plain, encrypted),
        (sabotage.only_compressed, encrypted),
    ):
        assert experiment(stand).state is State.PROVEN
        with act(stand):
            assert experiment(stand).state is State.REFUTED


def test_the_newest_log_holds_known_words_or_only_looks_as_if_it_held_none(
    stand: BackupsStand,
) -> None:
    _, log = stand.fake.inventory()
    key, known = f"{REPOSITORY}/{log.segments[max(log.segments)][0]}", known_content(stand)
    with sabotage.in_plain(stand):
        assert stand.fake.objects()[key].startswith(b"Salted__")
        assert stand.fake.objects()[key].endswith(known)
    with sabotage.only_compressed(stand):
        assert zlib.decompress(stand.fake.objects()[key]) == known


def test_the_machine_may_delete_and_the_others_have_what_they_had(stand: BackupsStand) -> None:
    with sabotage.may_delete(stand):
        assert stand.fake.rights == RIGHTS | {"adder": LOOSE}


def test_whoever_applies_the_retention_may_only_read(stand: BackupsStand) -> None:
    with sabotage.may_not_expire(stand):
        assert stand.fake.rights == RIGHTS | {"retention": RIGHTS["reader"]}


def test_a_store_that_does_not_come_back_is_told(
    stand: BackupsStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> object:
        raise StoreUnreachableError("no answer")

    before = stand.state()
    monkeypatch.setattr(sabotage, "SETTLED", 0.05)
    with monkeypatch.context() as patch:
        patch.setattr(stand.fake, "catalogs", away)
        with pytest.raises(UnhealthyError, match="does not answer"), sabotage.may_delete(stand):
            pass
    assert changed(stand, before) == set()
