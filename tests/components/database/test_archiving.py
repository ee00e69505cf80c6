from typing import Any

import pytest

from uz.backups import PASSPHRASE
from uz.components.database import database
from uz.components.database.archiving import (
    CREDENTIAL,
    archive_settings,
    archived,
    credential,
    delivered,
)
from uz.spec import Backups
from uz.stack import SecretText
from uz.testing import MACHINE, spec


@pytest.mark.parametrize(
    ("tables", "holds"),
    [({}, False), ({"backups": {"local": 1}}, False), ({"database": {"pool": 5}}, False),
     ({"backups": {"local": 1}, "database": {"pool": 5}}, True)],
)  # fmt: skip
def test_the_log_is_archived_where_there_are_a_database_and_backups(
    tables: dict[str, Any], holds: bool
) -> None:
    assert archived(spec(**tables)) is holds
    assert bool(delivered(spec(**tables))) is holds


def test_every_server_gets_the_passphrase_as_a_file_as_each_may_lead() -> None:
    wanted = spec(database={"replicas": 2}, backups={"local": 1})
    servers = [one for one in database(wanted, MACHINE).services if one.folder == "database"]
    assert len(servers) == 3
    for one in servers:
        text = one.credentials[CREDENTIAL.split("/")[1]]
        assert isinstance(text, SecretText)
        assert text.names() == (PASSPHRASE,)


def test_the_credential_says_that_the_repository_is_encrypted_and_by_what() -> None:
    assert credential("some-words").splitlines() == [
        "[global]", "repo1-cipher-type=aes-256-cbc", "repo1-cipher-pass=some-words",
    ]  # fmt: skip


def test_only_the_primary_archives_and_at_least_as_often_as_is_promised() -> None:
    assert archive_settings(None) == ""
    lines = archive_settings(Backups.model_validate({"rpo": "90s"})).splitlines()
    assert "archive_mode = on" in lines  # "always" would archive on standbys, too
    assert "archive_timeout = '90s'" in lines
    assert any(line.startswith("archive_command = ") and "pgbackrest" in line for line in lines)
