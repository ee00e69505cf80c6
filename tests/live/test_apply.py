"""`uz up` applies what changed and nothing else."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

import pytest
from tests.live.stage import SERVER, Stage, holds_within

pytestmark = pytest.mark.live

SERVICES = ["app-1", "app-2", "edge", "log-rotation"]


@pytest.fixture
def up(stage: Stage) -> Stage:
    """A stack of the test's own that is up."""
    stage.up()
    return stage


def restarted(stage: Stage, before: dict[str, int]) -> list[str]:
    """The services that have another process now, or are new."""
    return sorted(name for name, pid in stage.pids().items() if before.get(name) != pid)


@contextmanager
def visitors(stage: Stage) -> Iterator[list[str]]:
    """Users who ask all the time; what went wrong for them."""
    client, wrong, done = stage.client(), list[str](), threading.Event()

    def visit() -> None:
        while not done.is_set():
            try:
                answer = client.get("/whoami", timeout=5)
                if answer.status != 200:
                    wrong.append(f"{answer.status} {answer.body!r}")
            except (OSError, HTTPException) as error:
                wrong.append(repr(error))
            done.wait(0.03)

    threads = [threading.Thread(target=visit) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield wrong
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_up_brings_up_every_service_and_says_how_to_reach_it(stage: Stage) -> None:
    done = stage.up()
    assert f"https://tiny.test:{stage.ports()[1]} is up: release 0001, 4 changed" in done.stdout
    assert [name for name, one in stage.services().items() if one["healthy"]] == SERVICES
    assert stage.client().answers()


def test_up_again_changes_nothing(up: Stage) -> None:
    before = up.pids()
    done = up.up()
    assert "nothing changed" in done.stdout
    assert up.pids() == before
    assert [line.split() for line in done.stdout.splitlines() if "unchanged" in line] == [
        [name, "unchanged"] for name in SERVICES
    ]


def test_a_key_of_the_edge_reloads_nginx_and_nothing_else(up: Stage) -> None:
    before = up.pids()
    up.set("edge.frame_options", "SAMEORIGIN")
    with visitors(up) as wrong:
        done = up.up()
        assert holds_within(
            5, lambda: up.client().get("/").headers["x-frame-options"] == "SAMEORIGIN"
        )
    assert re.search(r"edge +reloaded", done.stdout), done
    assert up.pids() == before
    assert wrong == []


def test_a_setting_of_the_app_restarts_the_app_and_nothing_else(up: Stage) -> None:
    before = up.pids()
    up.set("app.env.COLOUR", "green")
    with visitors(up) as wrong:
        up.up()
    assert up.client().get("/environment").json()["COLOUR"] == "green"
    assert restarted(up, before) == ["app-1", "app-2"]
    assert wrong == []


def test_a_key_that_no_service_reads_restarts_nothing(up: Stage) -> None:
    before = up.pids()
    up.set("maintenance.windows", ["Sun 02:00-04:00"])
    up.up()
    assert restarted(up, before) == []


def test_more_instances_start_beside_the_others_and_fewer_stop_the_last(up: Stage) -> None:
    before = up.pids()
    up.set("app.instances", 4)
    with visitors(up) as wrong:
        up.up()
        assert restarted(up, before) == ["app-3", "app-4"]
        assert holds_within(60, lambda: len(up.client().pids(20)) == 4)
        up.set("app.instances", 1)
        done = up.up()
    assert "app-4" in done.stdout
    assert "no longer in uz.toml" in done.stdout
    assert up.pids() == {name: pid for name, pid in before.items() if name != "app-2"}
    assert not [one for one in up.processes() if one.pid == before["app-2"]]
    assert wrong == []


def test_a_new_commit_becomes_a_release_and_is_taken_up_unnoticed(up: Stage) -> None:
    before = up.pids()
    up.version("two")
    with visitors(up) as wrong:
        done = up.up()
    assert "release 0002" in done.stdout
    told = up.client().get("/whoami").json()
    assert (told["release"], told["version"]) == ("0002", "two")
    assert restarted(up, before) == ["app-1", "app-2"]
    assert wrong == []


@pytest.mark.slow
def test_instances_are_restarted_one_after_another(up: Stage) -> None:
    up.version("two")
    up.set("app.env.SLOW_START", "1")
    starting = up.begin("up")
    seen: set[tuple[str, ...]] = set()
    while starting.poll() is None:
        seen.add(tuple(sorted(one["release"] for one in up.services().values() if one["healthy"])))
    assert starting.returncode == 0
    assert not [serving for serving in seen if {"0001", "0002"}.isdisjoint(serving)]


@pytest.mark.slow
def test_a_commit_that_changes_nothing_is_no_new_release(up: Stage) -> None:
    before = up.pids()
    up.commit()
    assert "nothing changed" in up.up().stdout
    assert up.pids() == before


@pytest.mark.slow
def test_a_commit_that_goes_back_uses_the_release_that_is_there(up: Stage) -> None:
    up.version("two")
    up.up()
    up.version("one")
    assert "release 0001" in up.up().stdout
    assert up.client().get("/whoami").json()["release"] == "0001"


def test_uncommitted_changes_stay_out_unless_the_working_tree_is_asked_for(up: Stage) -> None:
    text = SERVER.read_text().replace('VERSION = "one"', 'VERSION = "edited"')
    (up.project / "server.py").write_text(text)
    done = up.up()
    assert "uncommitted changes are not in this release" in done.stdout
    assert up.client().get("/whoami").json()["version"] == "one"
    up.up("--working-tree")
    assert up.client().get("/whoami").json()["version"] == "edited"


def test_data_of_the_app_outlives_every_change(up: Stage) -> None:
    kept = up.root() / "data/app/kept"
    assert up.client().get(f"/write?{kept}").json() == "done"
    before = kept.stat()
    up.version("two")
    up.set("app.env.COLOUR", "green")
    up.up()
    up.uz("down")
    up.up()
    after = kept.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_uid) == (
        before.st_ino, before.st_mtime_ns, before.st_uid,
    )  # fmt: skip


@pytest.mark.slow
def test_a_release_that_never_gets_ready_is_given_up_unnoticed(up: Stage) -> None:
    up.commit("import sys\nprint('no such module')\nsys.exit(7)\n")
    with visitors(up) as wrong:
        done = up.uz("up")
        assert holds_within(60, lambda: len(up.client().pids()) == 2)
    assert done.code == 1
    assert "app-1 ends right after its start (exit status 7)" in done.stderr
    assert "no such module" in done.stderr
    assert "app-1 runs release 0001 again" in done.stderr
    assert up.client().get("/whoami").json()["release"] == "0001"
    assert wrong == []
    up.version("two")
    up.up()
    assert {up.client().get("/whoami").json()["version"] for _ in range(8)} == {"two"}


@pytest.mark.slow
def test_old_releases_are_removed_but_for_the_last_five(up: Stage) -> None:
    for number in range(2, 9):
        up.version(f"v{number}")
        up.up()
    kept = sorted(path.name for path in (up.root() / "releases").iterdir() if path.is_dir())
    assert kept == ["0004", "0005", "0006", "0007", "0008"]
