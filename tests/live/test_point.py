"""Restore points on a real stack: whom they let wait, and whom the canary lets in."""

from collections.abc import Iterator

import pytest
from tests.live.offsite_stage import an_offsite_stage
from tests.live.postgres import asked, note, own, with_database
from tests.live.stage import Stage

from uz.backups.point import Point, parse_point
from uz.backups.sealing import unseal
from uz.errors import BackupError
from uz.secret import Secret

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.soak]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stage]:
    """A stack with a primary, a standby, and backups."""
    with an_offsite_stage() as stage:
        with_database(stage)
        stage.set("backups.reserve", "64MiB")
        stage.commit()
        stage.up()
        yield stage


def passphrase(stage: Stage) -> Secret:
    return Secret((stage.root() / "credentials/backups/passphrase").read_bytes())


def newest(stage: Stage) -> Point:
    found = sorted((stage.root() / "data/repository").glob("*/points/*.age"))
    assert found[-1].stat().st_mode & 0o777 == 0o600
    return parse_point(unseal(passphrase(stage), found[-1].read_bytes()))


def test_a_point_is_recorded_sealed_and_says_what_the_app_wrote(stack: Stage) -> None:
    for number in range(3):
        note(stack, f"note {number}")
    done = stack.uz("backup", "point")
    assert done.code == 0, done
    point = newest(stack)
    assert point.tables["public.notes"].rows == 3
    assert point.cluster == own(stack, "SELECT system_identifier FROM pg_control_system()")
    sealed = sorted((stack.root() / "data/repository").glob("*/points/*.age"))[-1].read_bytes()
    assert b"public.notes" not in sealed
    with pytest.raises(BackupError):
        unseal(Secret(b"another"), sealed)


@pytest.mark.parametrize("role", ["app", "migrations", "monitoring", "pgbouncer"])
def test_nobody_gets_into_the_canarys_database(stack: Stage, role: str) -> None:
    done = asked(stack, role, "SELECT * FROM canary", database="uz")
    assert done.returncode != 0
    assert 'permission denied for database "uz"' in done.stderr


def test_the_canary_is_written_and_is_on_the_standby(stack: Stage) -> None:
    written = "SELECT count(*) > 0 FROM canary"
    assert own(stack, written, database="uz") == "t"
    assert own(stack, written, database="uz", node=2) == "t"


def test_the_apps_database_has_nothing_of_uzs(stack: Stage) -> None:
    query = "SELECT string_agg(relname, ',') FROM pg_class WHERE relname LIKE '%canary%'"
    assert own(stack, query) == ""
