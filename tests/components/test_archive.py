from typing import Any

import pytest

from uz.components import compose
from uz.components.archive import archive
from uz.components.archive_scripts import NAME
from uz.stack import Finished, Owner, Stack
from uz.testing import MACHINE, spec

DATABASE = {"replicas": 1}


def made(**backups: object) -> Stack:
    return archive(spec(database=DATABASE, backups=backups), MACHINE)


@pytest.mark.parametrize("tables", [{}, {"database": DATABASE}, {"backups": {"local": 1}}])
def test_without_a_database_and_backups_nothing_is_archived(
    tables: dict[str, Any],
) -> None:
    assert archive(spec(**tables), MACHINE) == Stack()
    assert "archive_mode" not in "".join(compose(spec(**tables), MACHINE).files.values())


def test_the_setup_runs_once_after_roles_and_rights_as_the_servers_user() -> None:
    service = made().service(NAME)
    assert service.after == ("database-setup",)
    assert service.owner is Owner.SERVERS
    assert service.ready == Finished()
    assert compose(spec(database=DATABASE, backups={"local": 1}), MACHINE).in_start_order()


def test_what_changes_with_the_reserve_does_not_restart_the_servers() -> None:
    changed = {
        path
        for path, text in made(reserve="8GiB").files.items()
        if text != made(reserve="4GiB").files[path]
    }
    assert changed == {"archive-setup/room"}
    whole = compose(spec(database=DATABASE, backups={"reserve": "8GiB"}), MACHINE)
    other = compose(spec(database=DATABASE, backups={"reserve": "4GiB"}), MACHINE)
    server = whole.service("database-1")
    assert whole.files_of(server) == other.files_of(server)


def test_no_file_holds_a_secret() -> None:
    assert "{{" not in "".join(made().files.values()).replace("{{ ", "")
    assert "cipher-pass" not in "".join(made().files.values())
