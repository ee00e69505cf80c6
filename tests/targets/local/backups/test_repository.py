from pathlib import Path

import pytest

from uz.errors import BackupError, MachineError
from uz.targets.local.backups.repository import (
    CURRENT,
    Repository,
    current_repository,
    prepare_repository,
)
from uz.targets.local.layout import Layout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    found = Layout(tmp_path, "shop", "production")
    found.data.mkdir(parents=True)
    return found


def test_it_is_made_once_and_found_again(layout: Layout) -> None:
    made = prepare_repository(layout)
    assert prepare_repository(layout) == made == current_repository(layout)
    assert made.folder.parent == layout.repositories
    assert len(made.id) == 16
    assert {one.name for one in made.folder.iterdir()} == {
        "database", "files", "catalogs", "points",
    }  # fmt: skip


def test_nobody_else_may_look_into_it(layout: Layout) -> None:
    made = prepare_repository(layout)
    modes = {one.name: one.stat().st_mode & 0o777 for one in made.folder.iterdir()}
    assert set(modes.values()) == {0o700}
    for one in (layout.repositories, made.folder):
        assert one.stat().st_mode & 0o777 == 0o710


def test_begun_anew_it_is_another_one_and_the_old_one_stays(layout: Layout) -> None:
    old = prepare_repository(layout)
    new = prepare_repository(layout, anew=True)
    assert new.id != old.id
    assert current_repository(layout) == new
    assert old.database.is_dir()


def test_a_kill_after_its_name_was_chosen_is_healed(layout: Layout) -> None:
    layout.repositories.mkdir()
    (layout.repositories / CURRENT).write_text("cafe\n")
    assert prepare_repository(layout).id == "cafe"
    assert (layout.repositories / "cafe/points").is_dir()


def test_before_the_first_uz_up_there_is_none(layout: Layout) -> None:
    with pytest.raises(BackupError, match="shop/production: nothing is backed up yet"):
        current_repository(layout)


@pytest.mark.parametrize("text", ["", "../other", "a/b", "a b", "."])
def test_a_name_that_leads_elsewhere_is_refused(layout: Layout, text: str) -> None:
    layout.repositories.mkdir()
    (layout.repositories / CURRENT).write_text(text)
    with pytest.raises(BackupError, match="damaged"):
        current_repository(layout)


def test_where_it_cannot_be_made_that_is_told(layout: Layout) -> None:
    layout.repositories.write_text("in the way")
    with pytest.raises((MachineError, BackupError)):
        prepare_repository(layout)


def test_every_part_has_its_folder() -> None:
    one = Repository(Path("/r/cafe"))
    assert (one.id, one.database, one.files) == (
        "cafe", Path("/r/cafe/database"), Path("/r/cafe/files"),
    )  # fmt: skip
    assert (one.catalogs, one.points) == (Path("/r/cafe/catalogs"), Path("/r/cafe/points"))
