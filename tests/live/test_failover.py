"""A primary that is lost: a standby leads, and what was only there is given up knowingly."""

import shutil
import time
from collections.abc import Iterator

import psutil
import pytest
from tests.live.postgres import asked, data, note, notes, own, said
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Stage, holds_within, kill
from tests.live.writers import (
    a_stage_with_writes,
    all_follow,
    emptied,
    leader,
    missing,
    overlaps,
    writing,
)

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def stack() -> Iterator[Stage]:
    """A primary and two standbys."""
    with a_stage_with_writes(replicas=2) as one:
        yield one


@pytest.fixture
def clean(stack: Stage) -> Stage:
    """Nothing written yet, and all that follow do."""
    return emptied(stack, "DELETE FROM writes; DELETE FROM notes")


def postmaster(stage: Stage, number: int) -> int:
    """The process id of a server."""
    return int((data(stage, f"database-{number}") / "postmaster.pid").read_text().split()[0])


def lose(stage: Stage, number: int) -> None:
    """Kill a server, and let it not come back."""
    pid = postmaster(stage, number)
    version = data(stage, f"database-{number}") / "PG_VERSION"
    version.rename(version.with_name("PG_VERSION.away"))
    tree = [psutil.Process(pid), *psutil.Process(pid).children()]
    for process in tree:
        kill(process.pid)
    psutil.wait_procs(tree, 10)


def found_again(stage: Stage, number: int) -> None:
    """It can come back now."""
    version = data(stage, f"database-{number}") / "PG_VERSION"
    version.with_name("PG_VERSION.away").rename(version)


def others(number: int) -> tuple[int, int]:
    """The two other servers."""
    first, second = sorted({1, 2, 3} - {number})
    return first, second


def test_a_standby_leads_the_app_works_and_the_lost_one_follows_when_it_is_back(
    clean: Stage,
) -> None:
    before = leader(clean)
    with writing(clean) as writers:
        lose(clean, before)
        time.sleep(0.3)
        done = clean.uz("failover", "--yes")
        assert writers.go_on()
    assert done.code == 1, done  # the lost one cannot follow yet, and that is said
    assert f"database-{before} does not follow yet, `uz up` tries again: " in done.stdout
    assert "holds no data of PostgreSQL" in done.stdout
    assert leader(clean) != before
    found = said(asked(clean, "app", "SELECT n FROM writes", port=432)).splitlines()
    lost = writers.acknowledged - set(map(int, found))
    assert len(lost) <= 20  # what the standby had not yet, of milliseconds
    assert overlaps(clean) == ""
    assert all_follow(clean, 1)
    found_again(clean, before)
    clean.up()
    assert all_follow(clean)


@pytest.mark.slow
def test_what_only_the_lost_one_has_is_what_is_lost(clean: Stage) -> None:
    before = leader(clean)
    first, second = others(before)
    note(clean, "everywhere")
    assert holds_within(60, lambda: own(clean, "SELECT count(*) FROM notes", node=first) == "1")
    for number in (first, second):
        receives(clean, number, how="SET primary_conninfo = ''")
    gone = "SELECT count(*) FROM pg_stat_replication"
    assert holds_within(60, lambda: own(clean, gone, node=before) == "0")
    note(clean, "only there")
    lose(clean, before)
    for number in (first, second):
        receives(clean, number, how="RESET primary_conninfo")
    done = clean.uz("failover", "--yes", "--to", f"database-{second}")
    assert leader(clean) == second, done
    note(clean, "after")
    assert notes(clean) == {"everywhere", "after"}
    found_again(clean, before)
    clean.up()
    assert all_follow(clean)
    same = "SELECT string_agg(text, ',' ORDER BY id) FROM notes"
    assert holds_within(60, lambda: own(clean, same, node=before) == own(clean, same, node=second))
    assert "pg_rewind" in clean.log(f"database-{before}.log")


def receives(stage: Stage, number: int, *, how: str) -> None:
    """Change whom a standby follows."""
    own(stage, f"ALTER SYSTEM {how}", node=number)
    own(stage, "SELECT pg_reload_conf()", node=number)


@pytest.mark.slow
def test_while_the_primary_answers_or_comes_back_by_itself_it_is_refused(clean: Stage) -> None:
    before = leader(clean)
    message = refused(clean.uz("failover", "--yes"), f"database-{before} is the primary, and")
    assert "uz switchover" in message
    kill(postmaster(clean, before))
    assert holds_within(60, lambda: clean.uz("failover").code == 2)
    assert holds_within(60, lambda: "answers" in clean.uz("failover").stderr)
    assert leader(clean) == before


@pytest.mark.slow
def test_when_nothing_starts_any_more_a_standby_is_woken(clean: Stage) -> None:
    before = leader(clean)
    note(clean, "kept")
    assert clean.uz("down").code == 0
    refused(clean.uz("failover", "--yes"), "is down", "`uz up`")
    away = data(clean, f"database-{before}")
    shutil.move(away, away.with_name("moved"))
    refused(clean.uz("up"), "is gone", "`uz failover`")
    done = clean.uz("failover", "--yes")
    assert done.code == 0, done
    shutil.rmtree(away.with_name("moved"))
    clean.up()
    assert notes(clean) == {"kept"}
    assert all_follow(clean)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("says", "after"),
    [("kept down", 0.0), ("kept down", 0.1), ("is the primary", 0.0), ("leads to", 0.0)],
)
@pytest.mark.parametrize("words", [("failover", "--yes"), ("up",)])
def test_after_one_that_was_killed_the_next_command_heals(
    clean: Stage, says: str, after: float, words: tuple[str, ...]
) -> None:
    before = leader(clean)
    with writing(clean) as writers:
        lose(clean, before)
        command = clean.begin("failover", "--yes")
        assert command.stdout
        assert any(says in line for line in command.stdout)
        time.sleep(after)
        kill(command.pid)
        command.wait()
        found_again(clean, before)
        clean.uz(*words)
        assert writers.go_on()
        clean.up()
    assert overlaps(clean) == ""
    assert len(missing(clean, writers)) <= 20
    assert all_follow(clean)
    assert all(one["healthy"] for one in clean.services().values())


@pytest.mark.slow
def test_two_at_once_do_not_work_on_it(clean: Stage) -> None:
    lose(clean, leader(clean))
    both = [clean.begin("failover", "--yes"), clean.begin("failover", "--yes")]
    codes = [one.wait(60) for one in both]
    assert 2 in codes
    told = "".join(one.stderr.read() for one in both if one.stderr)
    assert "is working on it" in told or "is the primary, and answers" in told
    found_again(clean, next(n for n in (1, 2, 3) if not standing(clean, n)))
    clean.up()
    assert all_follow(clean)


def standing(stage: Stage, number: int) -> bool:
    """Whether a server's data is as it should be."""
    return (data(stage, f"database-{number}") / "PG_VERSION").exists()


@pytest.mark.slow
def test_with_synchronous_replication_nothing_acknowledged_is_lost() -> None:
    with a_stage_with_writes(replication="synchronous", replicas=2) as one:
        with writing(one) as writers:
            lose(one, 1)
            done = one.uz("failover", "--yes")
            assert mentions_next(done.stderr) or done.code == 1, done
            assert writers.go_on()
        assert missing(one, writers) == set()
        assert overlaps(one) == ""
        found_again(one, 1)
        one.up()
        assert all_follow(one)
        number = others(leader(one))[0]
        lose(one, number)
        lose(one, leader(one))
        message = refused(one.uz("failover", "--yes"), "may alone have what was acknowledged")
        assert f"database-{number}" in message
