import secrets
from pathlib import Path

import pytest

from uz.components import compose
from uz.errors import BackupError
from uz.secret import Secret
from uz.stack import Owner
from uz.targets.local.backups.engine_of import engine_of, private_engine, server_of
from uz.targets.local.backups.repository import prepare_repository
from uz.targets.local.layout import Layout
from uz.targets.local.leading import lead
from uz.targets.local.prepare import prepare
from uz.targets.local.users import as_user, isolated, missing_users, user_of
from uz.testing import MACHINE, spec

SPEC = spec("trial", database={"replicas": 1}, backups={"timeout": "90s"})


@pytest.fixture
def place(layout: Layout) -> Layout:
    """An environment with its folders."""
    if isolated() and missing_users():
        pytest.skip("root needs the users that `uz doctor --install` creates")
    prepare(layout, compose(SPEC, MACHINE))
    return layout


def test_the_environments_engine_reads_the_passphrase_from_memory(place: Layout) -> None:
    repository = prepare_repository(place)
    engine = engine_of(place, SPEC, MACHINE, repository)
    assert engine.repository == repository.database
    assert engine.configuration == place.credentials / "database" / "pgbackrest.conf"
    assert engine.scratch == place.run / "database" / "pgbackrest"
    assert engine.timeout == 90
    assert bool(engine.rights) is isolated()


def test_its_locks_are_those_of_archiving(place: Layout) -> None:
    engine = engine_of(place, SPEC, MACHINE, prepare_repository(place))
    script = compose(SPEC, MACHINE).files["archive-setup/stanza"]
    lock = str(engine.scratch / "lock").removeprefix(f"{place.root}/")
    assert f'--lock-path="$root/{lock}"' in script


def test_the_passphrase_for_a_copy_is_for_the_servers_user_alone(place: Layout) -> None:
    passphrase, scratch = Secret(secrets.token_urlsafe(24).encode()), place.run / "scratch"
    for _ in range(2):
        engine = private_engine(place.run / "copy", MACHINE, passphrase, scratch)
    assert engine.configuration.is_relative_to(scratch)
    found = engine.configuration.stat()
    assert (found.st_mode & 0o777, found.st_uid) == (0o600, user_of(Owner.SERVERS).uid)
    assert passphrase.reveal() in engine.configuration.read_bytes()
    assert passphrase.reveal().decode() not in repr(engine)
    assert passphrase.reveal().decode() not in engine.restore_command()


def test_the_engine_runs_as_the_servers_user(place: Layout) -> None:
    engine = private_engine(Path("/copy"), MACHINE, Secret(b"words"), place.run / "scratch")
    assert list(engine.rights) == (as_user(user_of(Owner.SERVERS)) if isolated() else [])


def test_the_server_is_the_one_that_leads_now(place: Layout) -> None:
    assert server_of(place, SPEC).data == (place.data / "database/database-1").resolve()
    lead(place, SPEC, 2)
    found = server_of(place, SPEC)
    assert (found.data.name, found.port) == ("database-2", 23401)
    assert found.socket == place.run / "database"


def test_without_a_database_there_is_nothing_to_back_up(place: Layout) -> None:
    with pytest.raises(BackupError, match="no database"):
        server_of(place, spec("trial", backups={"local": 1}))
