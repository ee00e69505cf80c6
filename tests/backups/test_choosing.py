import pytest
from tests.backups.repositories import Made, Paths, an_hour, minutes

from uz.backups.choosing import chosen, files_for, newer, responsible
from uz.backups.inventory import Found, Inventory
from uz.backups.target import LATEST, parse_target, to_time
from uz.errors import BackupError


def test_the_newest_repository_is_responsible_unless_the_target_is_older() -> None:
    old, new = an_hour().inventory(), Made("new")
    new.log(55, 60)
    new.take("20261126-1F", 55)
    both = (new.inventory(), old)
    assert responsible(both, LATEST).repository == "new"
    assert responsible(both, to_time(minutes(40))).repository == "cafe"
    assert responsible(both, parse_target("20261126-1F")).repository == "new"


def test_why_there_is_nothing_is_told() -> None:
    with pytest.raises(BackupError, match="(?s)no backup to restore.*cut off"):
        responsible([Inventory("x", damaged=("catalogs/1.json: cut off",))], LATEST)


def test_a_backup_that_needs_an_unknown_one_is_passed_over() -> None:
    made = an_hour()
    made.take("more", 40, "vanished")
    inventory = made.inventory()
    backup, _, passed_over = chosen(inventory, inventory.log(Paths()), LATEST, Paths())
    assert backup.label == "diff"
    assert passed_over == ("backup more: needs vanished, of which nothing is known",)


def test_the_files_of_a_chain_are_all_named_with_their_sizes() -> None:
    made = an_hour()
    found = files_for(made.catalogs[-1], made.backups[-1], Paths())
    assert {path.split("/")[2] for path in found} == {"full", "diff"}
    assert set(found.values()) == {2**20}


def test_only_what_is_newer_than_the_chosen_one_is_missed() -> None:
    made = an_hour().inventory()
    later = Inventory("b", (), {"database/x": Found(1, minutes(90))}, unused="b: no backup yet")
    assert list(newer([made, later], made)) == [
        "b: no backup yet, and what was written until 2026-11-26 13:30:00 UTC is in it"
    ]
    assert not list(newer([made], made))
