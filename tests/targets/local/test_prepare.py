import os
import stat

import pytest

from uz.errors import MachineError
from uz.stack import Owner, Stack
from uz.targets.local.layout import Layout
from uz.targets.local.prepare import prepare, prepare_top
from uz.targets.local.users import isolated, user_of


def test_every_service_has_its_folders(prepared: Layout, stack: Stack) -> None:
    for service in stack.services:
        assert (prepared.data / service.folder).is_dir()
        assert (prepared.run / service.folder).is_dir()
        assert (prepared.logs / service.folder).is_dir() is (service.owner is Owner.SERVERS)


def test_nobody_else_may_look_into_anything(prepared: Layout) -> None:
    for path in (prepared.home, *prepared.home.rglob("*")):
        open_to_others = stat.S_IMODE(path.stat().st_mode) & 0o007
        assert open_to_others in ({0, 0o001} if isolated() else {0}), path


def test_data_belongs_to_whom_it_is_for(prepared: Layout, stack: Stack) -> None:
    for service in stack.services:
        assert (prepared.data / service.folder).stat().st_uid == user_of(service.owner).uid
    assert prepared.config.stat().st_uid == os.geteuid()
    assert prepared.groups.stat().st_uid == os.geteuid()


def test_to_prepare_again_changes_nothing(prepared: Layout, stack: Stack) -> None:
    (prepared.data / "app/file").write_text("kept")
    before = {path: path.stat().st_mode for path in prepared.home.rglob("*")}
    prepare(prepared, stack)
    assert {path: path.stat().st_mode for path in prepared.home.rglob("*")} == before


def test_a_folder_that_was_opened_is_closed_again(prepared: Layout, stack: Stack) -> None:
    (prepared.data / "app").chmod(0o777)
    prepare(prepared, stack)
    assert stat.S_IMODE((prepared.data / "app").stat().st_mode) == 0o700


def test_a_chosen_folder_that_holds_other_things_keeps_its_mode(layout: Layout) -> None:
    layout.home.mkdir(mode=0o755)
    (layout.home / "somebody's").touch()
    prepare_top(layout)
    assert stat.S_IMODE(layout.home.stat().st_mode) == 0o755


def test_a_folder_that_others_may_write_to_is_refused(layout: Layout) -> None:
    layout.home.mkdir()
    (layout.home / "somebody's").touch()
    layout.home.chmod(0o777)
    with pytest.raises(MachineError, match="others may write to it"):
        prepare_top(layout)


def test_a_link_in_the_way_is_refused(layout: Layout, stack: Stack) -> None:
    prepare_top(layout)
    layout.root.symlink_to(layout.home)
    with pytest.raises(MachineError, match="is a symbolic link"):
        prepare(layout, stack)
