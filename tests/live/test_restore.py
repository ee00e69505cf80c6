"""`uz restore` on a running environment: beside, in place, taken back, and killed in the middle."""

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import psutil
import pytest
from tests.live.offsite_stage import with_offsite
from tests.live.postgres import data, note, notes, own, with_database
from tests.live.stage import Ran, Stage, a_stage, holds_within
from tests.soaking import soaked

pytestmark = [pytest.mark.live, pytest.mark.slow]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with a_stage() as made:
        with_database(made)
        with_offsite(made)
        made.set("backups.rpo", "10s")
        made.commit()
        made.up()
        assert holds_within(60, lambda: (made.root() / "data/repository/backups.json").exists())
        yield made


def restore(stage: Stage, *words: str) -> Ran:
    """`uz restore`, once the scheduler's first jobs let it work on the backups."""
    done = stage.uz("restore", *words, timeout=240)
    end = time.monotonic() + 60
    while "works on the backups" in done.stderr and time.monotonic() < end:
        time.sleep(1)
        done = stage.uz("restore", *words, timeout=240)
    return done


def moment(stage: Stage, before: str, after: str) -> str:
    """Write a note, wait, and write another one: what `--to` takes for the time between."""
    note(stage, before)
    time.sleep(1.2)
    now = datetime.now(UTC).replace(microsecond=0)
    time.sleep(1.2)
    note(stage, after)
    return now.isoformat()


def archived(stage: Stage) -> None:
    name = own(stage, "SELECT pg_walfile_name(pg_current_wal_lsn()) FROM pg_current_xact_id()")
    own(stage, "SELECT pg_switch_wal()")
    query = "SELECT last_archived_wal FROM pg_stat_archiver"
    assert holds_within(60, lambda: own(stage, query) >= name)


def left(stage: Stage) -> list[str]:
    """Servers of a restore that still run."""
    found = []
    for one in stage.processes():
        try:
            words = one.cmdline()
        except psutil.Error:
            continue
        if "data/restore/" in " ".join(words):
            found.append(" ".join(words))
    return found


SHOW = ("--", "psql", "-XAtc", "SELECT text FROM notes")


def test_a_moment_is_looked_at_beside_and_nothing_is_left(stage: Stage) -> None:
    then = moment(stage, "beside-1", "beside-2")
    archived(stage)
    done = restore(stage, "--to", then, *SHOW)
    assert done.code == 0, done
    assert "beside-1" in done.stdout
    assert "beside-2" not in done.stdout
    assert "this machine, repository" in done.stdout
    assert {"beside-1", "beside-2"} <= notes(stage)
    assert not (stage.root() / "data/restore").exists()
    assert not left(stage)


@pytest.mark.soak
def test_the_latest_comes_from_off_site_alone_where_that_is_asked_for(stage: Stage) -> None:
    note(stage, "far-1")
    archived(stage)
    assert holds_within(60, lambda: "far-1" in restore(
        stage, "--to", "latest", "--offsite", *SHOW
    ).stdout)  # fmt: skip
    plan = restore(stage, "--to", "latest", "--offsite", "--plan", "--json").json()
    assert plan["from"] == "off-site"
    assert plan["bytes"] > 0
    assert not plan["passed_over"]


def test_the_exit_code_of_the_command_is_handed_on(stage: Stage) -> None:
    assert restore(stage, "--to", "latest", "--quiet", "--", "sh", "-c", "exit 7").code == 7


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("2020-01-01", "before the first backup"),
        ("2099-01-01", "in the future"),
        ("yesterday", "neither a time nor a backup"),
        ("20990101-000000F", "no backup '20990101-000000F'"),
    ],
)
@pytest.mark.parametrize("how", ["--scratch", "--in-place"])
def test_what_cannot_be_reached_is_refused_before_anything_happens(
    stage: Stage, to: str, said: str, how: str
) -> None:
    done = restore(stage, "--to", to, how, "--yes")
    assert done.code == 2, done
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert stage.client().answers()


def test_without_a_yes_nothing_is_changed_in_place(stage: Stage) -> None:
    note(stage, "asked")
    archived(stage)
    done = restore(stage, "--to", "latest", "--in-place")
    assert done.code == 2
    assert "nothing was changed" in done.stdout
    assert "asked" in notes(stage)


def test_the_database_is_put_back_in_place_and_that_is_taken_back(stage: Stage) -> None:
    then = moment(stage, "place-1", "place-2")
    done = restore(stage, "--to", then, "--in-place", "--yes")
    assert done.code == 0, done
    assert "place-1" in notes(stage)
    assert "place-2" not in notes(stage)
    assert all(one["healthy"] for one in stage.services().values()), stage.status()
    auto = (data(stage, "database-1") / "postgresql.auto.conf").read_text()
    assert not [one for one in auto.splitlines() if one.startswith("restore_command")]
    note(stage, "place-3")
    assert restore(stage, "--undo").code == 2
    done = restore(stage, "--undo", "--yes")
    assert done.code == 0, done
    assert {"place-1", "place-2"} <= notes(stage)
    assert "place-3" not in notes(stage)
    assert not left(stage)
    assert not (stage.root() / "data/restore").exists()


STEPS = ("safety", "stopped: nobody writes", "restore ", "recover", "is in its place")


@pytest.mark.parametrize("step", soaked(STEPS, "is in its place"))
def test_killed_in_the_middle_the_next_up_heals(stage: Stage, step: str) -> None:
    then = moment(stage, f"kill-{STEPS.index(step)}-1", f"kill-{STEPS.index(step)}-2")
    assert holds_within(60, lambda: not _busy(stage))
    run = stage.begin("restore", "--to", then, "--in-place", "--yes")
    assert run.stdout is not None
    for line in run.stdout:
        if step in line or (step == "safety" and "differential" in line):
            break
    run.send_signal(signal.SIGKILL)
    run.wait()
    done = stage.uz("up", timeout=240)
    assert done.code == 0, done
    found = notes(stage)
    assert f"kill-{STEPS.index(step)}-1" in found
    put_back = step == "is in its place"
    assert (f"kill-{STEPS.index(step)}-2" in found) != put_back
    assert holds_within(60, lambda: not left(stage))
    assert not (stage.root() / "data/restore").exists()
    assert not (stage.root() / "restore.json").exists()
    assert stage.client().answers()


def _busy(stage: Stage) -> bool:
    return "works on the backups" in stage.uz("backup", "verify", timeout=120).stderr


@pytest.mark.soak
def test_a_database_that_cannot_start_any_more_is_put_back(stage: Stage) -> None:
    # one that was put back in the test before may have no backup of its own yet
    assert holds_within(90, lambda: stage.uz("backup", "now", timeout=120).code == 0)
    note(stage, "ruined")
    archived(stage)
    stage.uz("down")
    for one in ("global/pg_control", "base"):
        path = data(stage, "database-1") / one
        path.rename(path.with_name(f"{path.name}.gone"))
    done = restore(stage, "--to", "latest", "--in-place", "--yes")
    assert done.code == 0, done
    assert "ruined" in notes(stage)
