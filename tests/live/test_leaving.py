"""What interrupted restores and new repositories leave on this machine, for real."""

import signal
from collections.abc import Iterator

import pytest
from tests.live.offsite_stage import an_offsite_stage
from tests.live.postgres import own, with_database
from tests.live.stage import Stage, holds_within
from tests.live.test_restore import moment, restore

from uz.targets.local.backups.swapping import mark
from uz.targets.local.layout import Layout

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.soak, pytest.mark.timeout(500)]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A database with a replica, backed up to the embedded store."""
    with an_offsite_stage() as stage:
        stage.set("backups.reserve", "64MiB")
        stage.set("backups.rpo", "20s")
        stage.set("app.start_timeout", "60s")  # while much else runs
        with_database(stage, replicas=1)
        stage.up()
        assert holds_within(90, lambda: (stage.root() / "data/repository/backups.json").exists())
        yield stage


def repositories(stage: Stage) -> set[str]:
    folder = stage.root() / "data/repository"
    return {one.name for one in folder.iterdir() if one.is_dir()}


def busy(stage: Stage) -> bool:
    return "works on the backups" in stage.uz("backup", "verify", timeout=120).stderr


def test_a_repository_leaves_when_it_is_off_site_and_is_restored_from_there(stage: Stage) -> None:
    (old,) = repositories(stage)
    then = moment(stage, "before", "after")
    done = restore(stage, "--to", "latest", "--in-place", "--yes")
    assert done.code == 0, done
    assert holds_within(90, lambda: len(repositories(stage)) == 1), repositories(stage)
    assert old not in repositories(stage)
    listed = stage.uz("backup", "list", "--json").json()
    assert {one["repository"] for one in listed["backups"]} > {old}
    assert listed["unprotected"] == []
    words = ("--", "psql", "-XAtc", "SELECT text FROM notes")
    looked = restore(stage, "--to", then, "--scratch", *words)
    assert looked.code == 0, looked
    assert "before" in looked.stdout.splitlines()
    assert "after" not in looked.stdout.splitlines()


@pytest.mark.parametrize("command", [("switchover",), ("failover", "--yes")])
def test_a_restore_that_was_killed_in_the_swap_is_finished_before_anybody_takes_over(
    stage: Stage, command: tuple[str, ...]
) -> None:
    decided = mark(Layout(stage.home, "tiny", "production"))
    assert holds_within(60, lambda: not busy(stage))
    run = stage.begin("restore", "--to", "latest", "--in-place", "--yes")
    while not decided.exists():
        assert run.poll() is None, run.communicate()
    run.send_signal(signal.SIGKILL)
    run.wait(10)
    if not decided.exists():
        pytest.skip("it was over already")
    done = stage.uz(*command)
    assert done.code == 2, done
    assert "a restore had been interrupted" in done.stderr
    assert not decided.exists()
    stage.up()
    assert stage.uz("status").code == 0
    assert own(stage, "SELECT count(*) > 0 FROM notes") == "t"
    assert stage.uz(*command).code == (0 if command[0] == "switchover" else 2)


def test_what_interrupted_commands_left_goes_with_the_data(stage: Stage) -> None:
    stage.uz("down")
    left = stage.home / "tiny/production.recovering"
    left.mkdir()
    done = stage.uz("uninstall", "--list")
    assert str(stage.root()) in done.stdout
    assert done.code == 0, done
    done = stage.uz("uninstall", "--yes")
    assert not (stage.home / "tiny").exists(), done
