from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.bare_postgres import Bare, bare

from uz.components.database.roles import canary as table
from uz.errors import BackupError
from uz.targets.local.backups.canary import DATABASE, around, newest, write

pytestmark = pytest.mark.live
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def server() -> Iterator[Bare]:
    with bare() as one:
        assert one.session.script(table(), "postgres", within=30).ok
        yield one


@pytest.fixture
def fresh(server: Bare) -> Bare:
    server.ask("TRUNCATE canary", DATABASE)
    return server


def times(server: Bare) -> int:
    return int(server.ask("SELECT count(*) FROM canary", DATABASE))


def insert(server: Bare, sql: str) -> None:
    server.ask(f"INSERT INTO canary SELECT now() + {sql}", DATABASE)


def test_what_is_written_is_the_newest_and_is_of_now(fresh: Bare) -> None:
    assert newest(fresh.ask) is None
    before = datetime.now(UTC)
    first, second = write(fresh.ask), write(fresh.ask)
    assert before - HOUR / 3600 <= first < second <= datetime.now(UTC) + HOUR / 3600
    assert newest(fresh.ask) == second


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/New_York"])
def test_times_are_read_whatever_zone_and_style_the_database_has(fresh: Bare, zone: str) -> None:
    for one in (f"TimeZone = '{zone}'", "DateStyle = 'SQL, DMY'"):
        fresh.ask(f"ALTER DATABASE uz SET {one}", "postgres")
    at = write(fresh.ask)
    assert abs(datetime.now(UTC) - at) < HOUR / 60
    assert around(fresh.ask, at).before == at
    assert around(fresh.ask, at - HOUR).after == at


def test_what_lies_around_a_moment_is_found(fresh: Bare) -> None:
    one, other = write(fresh.ask), write(fresh.ask)
    middle = one + (other - one) / 2
    assert (around(fresh.ask, middle).before, around(fresh.ask, middle).after) == (one, other)
    assert around(fresh.ask, other).after is None
    assert around(fresh.ask, one - HOUR).before is None


def test_old_rows_go_a_day_after_nobody_can_restore_to_them(fresh: Bare) -> None:
    insert(fresh, "interval '-8 days -1 minute'")
    insert(fresh, "interval '-8 days 1 minute'")
    write(fresh.ask, timedelta(days=7))
    assert times(fresh) == 2


def test_rows_from_the_future_go_when_the_clock_was_put_back(fresh: Bare) -> None:
    insert(fresh, "interval '1 hour'")
    insert(fresh, "interval '2 seconds'")
    at = write(fresh.ask)
    assert times(fresh) == 2
    assert around(fresh.ask, at + HOUR).after is None


def test_a_moment_without_a_zone_is_refused(fresh: Bare) -> None:
    with pytest.raises(BackupError, match="a time without a zone"):
        around(fresh.ask, datetime(2026, 1, 1))  # noqa: DTZ001


def test_an_answer_that_is_no_time_is_an_error() -> None:
    with pytest.raises(BackupError, match="the canary of the database is damaged"):
        newest(lambda *_: "soon")


def test_no_standby_is_waited_for(fresh: Bare) -> None:
    fresh.ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "postgres")
    fresh.ask("SELECT pg_reload_conf()", "postgres")
    try:
        write(fresh.ask)
    finally:
        fresh.ask("ALTER SYSTEM RESET synchronous_standby_names", "postgres")
        fresh.ask("SELECT pg_reload_conf()", "postgres")
