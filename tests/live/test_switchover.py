"""Another primary, as planned: no query fails, and whatever breaks off is finished or undone."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from tests.live.postgres import data, own, passwords
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Stage, holds_within, kill
from tests.live.writers import (
    Writers,
    a_stage_with_writes,
    all_follow,
    emptied,
    leader,
    missing,
    overlaps,
    writing,
)
from tests.soaking import soaked

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def stack() -> Iterator[Stage]:
    """A primary and two standbys."""
    with a_stage_with_writes(replicas=2) as one:
        yield one


@pytest.fixture
def clean(stack: Stage) -> Stage:
    """Nothing written yet, and all that follow do."""
    return emptied(stack, "DELETE FROM writes")


@contextmanager
def open_transaction(stage: Stage) -> Iterator[None]:
    """One that does not end by itself."""
    known = os.environ | {"PGPASSWORD": passwords(stage)["app"]}
    command = ["psql", "-XAtqw", "-h", "127.0.0.1", "-p", str(stage.base + 432), "-U", "app",
               "-d", "app"]  # fmt: skip
    with subprocess.Popen(
        command, env=known, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as psql:
        assert psql.stdin
        assert psql.stdout
        psql.stdin.write("BEGIN; SELECT 'open';\n")
        psql.stdin.flush()
        assert psql.stdout.readline() == "open\n"
        yield
        psql.kill()


def whole(stage: Stage, writers: Writers) -> None:
    """Nothing acknowledged is gone, one server leads, two follow, and none led beside another."""
    assert missing(stage, writers) == set()
    assert overlaps(stage) == ""
    assert all_follow(stage)


def test_no_write_fails_or_is_lost_and_the_others_follow(clean: Stage) -> None:
    before = leader(clean)
    with writing(clean) as writers:
        done = clean.uz("switchover")
        assert done.code == 0, done
    assert leader(clean) != before
    assert writers.failures == []
    assert writers.longest < 10
    assert f"database-{before}       follows database-{leader(clean)}" in done.stdout
    whole(clean, writers)
    again = clean.up()
    assert "ready after" not in again.stdout
    assert "migrate          done in" in again.stdout
    assert "2 changed" in again.stdout  # roles and migration, for another primary


@pytest.mark.slow
def test_it_goes_back_and_to_any_other(clean: Stage) -> None:
    for number in {1, 2, 3} - {leader(clean)}:
        done = clean.uz("switchover", "--to", f"database-{number}")
        assert done.code == 0, done
        assert leader(clean) == number
        assert all_follow(clean)


def test_what_cannot_lead_is_refused(clean: Stage) -> None:
    before = leader(clean)
    said_of = "is the primary already"
    refused(clean.uz("switchover", "--to", f"database-{before}"), said_of)
    for name in ("database-9", "pgbouncer", ""):
        if name:
            assert mentions_next(refused(clean.uz("switchover", "--to", name), f"'{name}'"))
    refused(clean.uz("failover", "--yes"), f"database-{before} is the primary, and answers")
    assert leader(clean) == before


@pytest.mark.slow
def test_a_transaction_that_stays_open_is_named_and_queries_wait_for_seconds_only(
    clean: Stage,
) -> None:
    before = leader(clean)
    with writing(clean) as writers, open_transaction(clean):
        done = clean.uz("switchover")
        message = refused(done, "did not end within 5 s", "idle in transaction", "nothing was")
        assert mentions_next(message)
        assert writers.go_on()
    assert (leader(clean), writers.failures) == (before, [])
    assert writers.longest < 15
    assert missing(clean, writers) == set()


def hangs(stage: Stage, number: int, *, hang: bool) -> None:
    """Let a server hang, or go on."""
    pid = int((data(stage, f"database-{number}") / "postmaster.pid").read_text().split()[0])
    for process in [psutil.Process(pid), *psutil.Process(pid).children()]:
        process.suspend() if hang else process.resume()


MUCH = "SELECT count(pg_logical_emit_message(true, 'x', repeat(md5(i::text), 32768)))"


@pytest.mark.slow
def test_a_standby_that_lags_is_not_asked_to_take_over(clean: Stage) -> None:
    before = leader(clean)
    standby = min({1, 2, 3} - {before})
    own(clean, "SELECT pg_wal_replay_pause()", node=standby)
    own(clean, f"{MUCH} FROM generate_series(1, 80) i", node=before)
    done = clean.uz("switchover", "--to", f"database-{standby}")
    assert mentions_next(refused(done, f"database-{standby} lacks ", " MB"))
    own(clean, "SELECT pg_wal_replay_resume()", node=standby)
    assert leader(clean) == before


@pytest.mark.slow
def test_a_standby_that_hung_meanwhile_follows_the_new_primary_after_up(clean: Stage) -> None:
    before = leader(clean)
    hung, third = sorted({1, 2, 3} - {before})
    hangs(clean, hung, hang=True)
    try:
        done = clean.uz("switchover", "--to", f"database-{hung}")
        assert mentions_next(refused(done, f"database-{hung} is no standby that runs"))
        done = clean.uz("switchover", "--to", f"database-{third}")
        assert done.code == 0, done
    finally:
        hangs(clean, hung, hang=False)
    clean.up()
    assert leader(clean) == third
    assert all_follow(clean)


def killed_when(stage: Stage, says: str, after: float, *words: str) -> None:
    """Kill a command some time after it has said something."""
    command = stage.begin(*words)
    assert command.stdout
    for line in command.stdout:
        if says in line:
            time.sleep(after)
            break
    kill(command.pid)
    command.wait()


MOMENTS = [
    pytest.param("queries wait", 0.0, id="held"),
    pytest.param("stopped", 0.0, id="stopped", marks=pytest.mark.slow),
    pytest.param("stopped", 0.08, id="soon", marks=pytest.mark.slow),
    pytest.param("stopped", 0.16, id="promoting", marks=pytest.mark.slow),
    pytest.param("is the primary", 0.0, id="promoted", marks=pytest.mark.slow),
    pytest.param("is the primary", 0.08, id="told", marks=pytest.mark.slow),
    pytest.param("queries waited", 0.0, id="led", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("says", "after"), MOMENTS)
def test_after_one_that_was_killed_up_heals(clean: Stage, says: str, after: float) -> None:
    with writing(clean) as writers:
        killed_when(clean, says, after, "switchover")
        begun = time.monotonic()
        clean.up()
        assert writers.go_on(5)
        assert time.monotonic() - begun < 30
    whole(clean, writers)
    assert all(one["healthy"] for one in clean.services().values())


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.parametrize(("says", "after"), MOMENTS[1:-1])
@pytest.mark.parametrize("words", [("switchover",), ("failover", "--yes")])
def test_after_one_that_was_killed_the_next_one_heals(
    clean: Stage, says: str, after: float, words: tuple[str, ...]
) -> None:
    with writing(clean) as writers:
        killed_when(clean, says, after, "switchover")
        done = clean.uz(*words)
        assert done.code == 0 or "answers: nothing was changed" in done.stderr, done
        clean.up()
        assert writers.go_on(5)
    whole(clean, writers)


@pytest.mark.slow
@pytest.mark.parametrize("after", soaked([0.0, 0.1, 0.2], 0.1))
def test_one_that_is_interrupted_goes_on_to_a_safe_end(clean: Stage, after: float) -> None:
    with writing(clean) as writers:
        command = clean.begin("switchover")
        assert command.stdout
        assert any("queries wait" in line for line in command.stdout)
        time.sleep(after)
        command.terminate()
        assert command.wait(60) == 130
        assert writers.go_on(5)
        clean.up()
    assert writers.failures == []
    whole(clean, writers)


@pytest.mark.slow
def test_two_at_once_do_not_work_on_it(clean: Stage) -> None:
    first, second = clean.begin("switchover"), clean.begin("switchover")
    codes = sorted((first.wait(60), second.wait(60)))
    assert codes == [0, 2]
    assert first.stderr
    assert second.stderr
    assert "is working on it" in first.stderr.read() + second.stderr.read()
    assert all_follow(clean)


@pytest.mark.slow
def test_without_a_standby_it_is_refused(clean: Stage) -> None:
    before = leader(clean)
    clean.set("database.replicas", 0)
    done = clean.uz("up")
    if before != 1:
        assert mentions_next(refused(done, "database.replicas", "switchover"))
        clean.set("database.replicas", 2)
        assert clean.uz("switchover", "--to", "database-1").code == 0
        clean.set("database.replicas", 0)
        done = clean.uz("up")
    assert done.code == 0, done
    refused(clean.uz("switchover"), "there is no standby that runs", "database.replicas")
    clean.set("database.replicas", 2)
    clean.up()
    assert holds_within(60, lambda: all_follow(clean))


@pytest.mark.slow
def test_synchronous_standbys_change_places_too() -> None:
    with a_stage_with_writes(replication="synchronous") as one:
        with writing(one) as writers:
            done = one.uz("switchover")
            assert done.code == 0, done
        assert writers.failures == []
        assert (leader(one), missing(one, writers), overlaps(one)) == (2, set(), "")
        assert all_follow(one, 1)
