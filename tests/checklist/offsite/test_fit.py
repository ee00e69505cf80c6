from uz.checklist.backups_restorable import BackupsRestorable
from uz.checklist.backups_scheduled import BackupsScheduled
from uz.checklist.offsite.fit import no_database, no_offsite
from uz.operations.prove import check_controls
from uz.testing import FakeEnvironment, spec

EMBEDDED = {"offsite": "embedded"}


def test_a_stack_without_backups_has_nothing_to_break() -> None:
    assert no_offsite(spec()) == "uz.toml has no [backups]"
    assert no_offsite(spec(backups={})) == "backups.offsite is not set"
    assert no_offsite(spec("trial", backups=EMBEDDED)) == ""


def test_a_backup_of_files_alone_has_no_database_to_break() -> None:
    assert no_database(spec()) == no_offsite(spec())
    assert no_database(spec("trial", backups=EMBEDDED)) == "uz.toml has no [database]"
    assert no_database(spec("trial", backups=EMBEDDED, database={})) == ""


def test_in_a_rehearsal_of_such_a_stack_no_control_is_missed() -> None:
    seen: list[str] = []
    items = (BackupsScheduled(), BackupsRestorable())
    tried = check_controls(FakeEnvironment(), items, lambda _item, what: seen.append(what))
    assert tried == ()
    assert len(seen) == sum(len(one.controls) for one in items)
    assert all(what.endswith("cannot apply: uz.toml has no [backups]") for what in seen)
