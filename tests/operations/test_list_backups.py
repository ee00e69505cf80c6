import pytest
from tests.backups.repositories import Made, Paths, an_hour, minutes
from tests.operations.cluster import Steps
from tests.operations.paper_backups import Paper, paper, sent
from tests.places import Projects

from uz.backups.inventory import Inventory
from uz.backups.wal import name_of
from uz.operations.backup import back_up
from uz.operations.list_backups import list_backups, listing
from uz.targets.local.backups.records import Shipping, write_shipping


@pytest.fixture
def made(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Paper:
    return paper(projects, monkeypatch)


def test_it_says_which_are_here_and_which_off_site(made: Paper, steps: Steps) -> None:
    back_up(made.place, None, steps)
    sent(made)
    back_up(made.place, None, steps)
    found = list_backups(made.place)
    assert [(one.backup.label, one.here, one.offsite) for one in found.backups] == [
        ("b000", True, True),
        ("b001", True, False),
    ]
    assert found.trouble == ""
    assert {one.offsite for one in found.spans} == {True, False}


def test_one_that_went_here_is_still_listed(made: Paper, steps: Steps) -> None:
    back_up(made.place, None, steps)
    sent(made)
    (made.repository.database / "index").write_text("[]")
    (only,) = list_backups(made.place).backups
    assert (only.here, only.offsite) == (False, True)


def test_a_store_that_does_not_answer_is_told_and_what_is_here_is_listed(
    made: Paper, steps: Steps
) -> None:
    back_up(made.place, None, steps)
    made.store.down = True
    found = list_backups(made.place)
    assert "no answer" in found.trouble
    assert len(found.backups) == 1


def test_overwritten_objects_are_named(made: Paper, steps: Steps) -> None:
    done = back_up(made.place, None, steps)
    sent(made)
    made.store.overwritten.add(done.catalog)
    assert list_backups(made.place).overwritten == (done.catalog,)


def test_what_shipping_saw_the_bucket_lack_is_in_it(made: Paper) -> None:
    assert list_backups(made.place).unprotected == ()
    write_shipping(made.place.layout, Shipping(unprotected=("versioning is off",)))
    assert list_backups(made.place).unprotected == ("versioning is off",)


def test_a_damaged_catalog_is_told(made: Paper, steps: Steps) -> None:
    done = back_up(made.place, None, steps)
    sent(made)
    (made.store.folder / done.catalog).write_text("{")
    (line,) = list_backups(made.place).damaged
    assert "catalog" in line


def found_in(one: Made | Inventory) -> list[tuple[object, object, str]]:
    inventory = one.inventory() if isinstance(one, Made) else one
    spans = listing((), (inventory,), Paths()).spans
    return [(span.begins, span.ends, span.missing) for span in spans]


def test_a_log_without_holes_is_one_span_from_the_first_backup_to_its_end() -> None:
    assert found_in(an_hour()) == [(minutes(1.5), minutes(60), "")]


def test_a_hole_ends_a_span_and_the_next_backup_begins_another() -> None:
    hole = an_hour().without(name_of(1, 20))
    assert found_in(hole) == [
        (minutes(1.5), minutes(19), name_of(1, 20)),
        (minutes(30.5), minutes(60), ""),
    ]


def test_a_backup_without_its_own_log_begins_none() -> None:
    assert found_in(an_hour().without(name_of(1, 31))) == [
        (minutes(1.5), minutes(30), name_of(1, 31))
    ]


def test_without_a_catalog_there_is_nothing() -> None:
    assert listing((), (), Paths()).backups == ()
