"""`uz down` leaves nothing running and nothing secret in memory, and loses no data."""

import shutil
from pathlib import Path

import pytest
from tests.live.stage import Stage, listening

pytestmark = pytest.mark.live


@pytest.fixture
def up(stage: Stage) -> Stage:
    """A stack of the test's own that is up: production, with staging beside it."""
    stage.set("environments.staging.network.port_base", stage.another_base())
    stage.up()
    return stage


def files(folder: Path) -> dict[str, int]:
    """Every file below a folder, with its inode."""
    return {
        str(path.relative_to(folder)): path.stat().st_ino
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_down_stops_everything_in_reverse_order(up: Stage) -> None:
    done = up.uz("down")
    assert done.code == 0
    stopped = [line.split()[0] for line in done.stdout.splitlines() if line.endswith(" stopped")]
    assert stopped == ["log-rotation", "edge", "app-2", "app-1"]
    assert "4 services stopped" in done.stdout


def test_down_leaves_no_process_no_port_and_no_secret_in_memory(up: Stage) -> None:
    pids = {process.pid for process in up.processes()}
    assert up.memory()
    up.uz("down")
    assert up.processes() == []
    assert listening(pids) == set()
    assert up.memory() == []
    assert not (up.root() / "credentials").is_symlink()


def test_down_keeps_data_releases_secrets_and_the_ca(up: Stage) -> None:
    up.client().get(f"/write?{up.root()}/data/app/kept")
    before = {name: files(up.root() / name) for name in ("data", "releases")}
    secrets = (up.root() / "secrets.json").read_bytes()
    up.uz("down")
    assert {name: files(up.root() / name) for name in before} == before
    up.up()
    assert (up.root() / "secrets.json").read_bytes() == secrets
    assert up.client().answers()


@pytest.mark.slow
def test_down_of_what_is_down_says_so(up: Stage) -> None:
    up.uz("down")
    again = up.uz("down")
    assert again.code == 0
    assert "nothing was running" in again.stdout


def test_down_before_the_first_up_creates_nothing(stage: Stage) -> None:
    assert stage.uz("down").code == 0
    assert not stage.root().exists()


def test_after_a_reboot_which_empties_memory_up_puts_the_credentials_back(up: Stage) -> None:
    up.uz("down")
    for process in up.processes():
        process.kill()
    (up.root() / "credentials").symlink_to("/dev/shm/uz-of-before-the-reboot")
    up.up()
    assert up.client().answers()
    assert len(up.memory()) == 1


def test_up_puts_back_credentials_that_were_lost_while_it_ran(up: Stage) -> None:
    (place,) = up.memory()
    shutil.rmtree(place)
    up.up()
    assert (place / "edge/key.pem").is_file()
    assert (place / "app/session-key").is_file()
    assert up.client().answers()


def test_the_data_of_production_is_not_deleted_whatever_is_asked(up: Stage) -> None:
    before = files(up.root() / "releases")
    done = up.uz("down", "--delete-data", "--yes")
    assert done.code == 2
    assert "tiny/production is marked production: its data is not deleted" in done.stderr
    assert files(up.root() / "releases") == before
    assert up.client().answers()


@pytest.mark.slow
def test_an_environment_that_was_production_is_not_deleted_under_another_mark(up: Stage) -> None:
    up.set("environments.production.kind", "staging")
    done = up.uz("down", "--delete-data", "--yes")
    assert done.code == 2
    assert "marked production" in done.stderr
    assert up.client().answers()


def test_the_data_of_staging_is_deleted_after_a_yes_only(up: Stage) -> None:
    staging = ("--env", "staging")
    up.uz(*staging, "up")
    assert up.client("staging").answers()
    refused = up.uz(*staging, "down", "--delete-data")
    assert refused.code == 2
    assert "use --yes" in refused.stderr
    assert up.client("staging").answers()
    done = up.uz(*staging, "down", "--delete-data", "--yes")
    assert done.code == 0
    assert not up.root("staging").exists()
    assert len(up.memory()) == 1
    assert up.client().answers()
