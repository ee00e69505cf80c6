"""The migration once more, and the superuser's shell."""

import time
from collections.abc import Iterator

import pytest
from tests.live.postgres import MIGRATE, a_stage_with_database, own
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Stage

pytestmark = pytest.mark.live

COUNTED = """psql -Xqw -v ON_ERROR_STOP=1 "$DATABASE_DIRECT_URL" -c \
"CREATE TABLE IF NOT EXISTS runs (at timestamptz DEFAULT clock_timestamp());
INSERT INTO runs DEFAULT VALUES"
[ ! -e "$STATE_DIRECTORY/../../break" ] || { echo this is why; exit 3; }
[ ! -e "$STATE_DIRECTORY/../../hang" ] || sleep 30
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stage]:
    """A stack whose migration counts how often it ran, and breaks or hangs where told."""
    with a_stage_with_database(migration=MIGRATE + COUNTED, migrate_timeout="4s") as one:
        yield one


def runs(stage: Stage, node: int = 1) -> int:
    """How often the migration ran."""
    return int(own(stage, "SELECT count(*) FROM runs", node=node))


def test_it_runs_once_more_and_is_in_the_history(stack: Stage) -> None:
    before = runs(stack)
    done = stack.uz("migrate")
    assert done.code == 0, done
    assert "its log: " in done.stdout
    assert runs(stack) == before + 1
    assert "migrate" in stack.uz("history").stdout


def test_it_is_refused_while_uz_toml_says_something_else(stack: Stage) -> None:
    before = runs(stack)
    stack.set("app.env.COLOUR", "green")
    message = refused(stack.uz("migrate"), "says something else than what runs")
    assert mentions_next(message)
    stack.set("app.env.COLOUR", "blue")
    assert runs(stack) == before


def test_one_that_fails_shows_its_last_lines_and_changes_nothing(stack: Stage) -> None:
    pids = stack.pids()
    broken = stack.root() / "break"
    broken.touch()
    message = refused(stack.uz("migrate"), "migrate failed with code 3", "    this is why")
    broken.unlink()
    assert mentions_next(message)
    assert stack.pids() == pids
    assert stack.uz("migrate").code == 0


@pytest.mark.slow
def test_one_that_hangs_is_stopped_and_two_at_once_are_refused(stack: Stage) -> None:
    hang = stack.root() / "hang"
    hang.touch()
    begun = time.monotonic()
    first = stack.begin("migrate")
    time.sleep(1.5)
    refused(stack.uz("migrate"), "`uz ", "migrate", "is working on it")
    assert first.wait(30) == 2
    assert time.monotonic() - begun < 15
    assert first.stderr
    assert "migrate was stopped: still running after 4 s" in first.stderr.read()
    hang.unlink()
    assert stack.uz("migrate").code == 0


@pytest.mark.slow
def test_the_shell_and_the_migration_find_the_primary_after_a_switchover(stack: Stage) -> None:
    before = runs(stack)
    assert stack.uz("switchover").code == 0
    query = "SELECT current_user, pg_is_in_recovery(), inet_server_addr() IS NULL\n"
    done = stack.uz("shell", "database", stdin=query)
    assert done.code == 0, done
    assert "postgres" in done.stdout
    assert "| f" in done.stdout
    assert stack.uz("migrate").code == 0
    assert runs(stack, node=2) == before + 1
    assert "uz shell database" in stack.uz("history").stdout


@pytest.mark.slow
def test_after_down_both_are_refused(stack: Stage) -> None:
    assert stack.uz("down").code == 0
    for words in (("migrate",), ("shell", "database"), ("switchover",)):
        assert mentions_next(refused(stack.uz(*words), "is down"))
    assert stack.memory() == []
    stack.up()
