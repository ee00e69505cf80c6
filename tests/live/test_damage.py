"""Damaged and replaced files of Uz's own: named, never made worse, healed by what is advised."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.refusals import mentions_next, refused
from tests.live.stage import Stage, a_stage

pytestmark = pytest.mark.live

TEXTS = ("", "garbage", "[]", "\x00\x01")


@pytest.fixture(scope="module")
def up() -> Iterator[Stage]:
    """A stack that is up; each test has to leave it so."""
    with a_stage() as one:
        one.set("app.instances", 1)
        one.commit()
        one.up()
        one.uz("prove", "tls.terminated")
        yield one


STATES: tuple[dict[str, object], ...] = (
    {},
    {"format": 2},
    {"format": 1},
    {"format": 1, "ports": 5, "public_ports": [], "order": [], "applied": {}},
    {"format": 1, "ports": ["a"], "public_ports": [], "order": [], "applied": {}},
    {"format": 1, "ports": [], "public_ports": [], "order": [3], "applied": {}},
    {"format": 1, "ports": [], "public_ports": [], "order": [], "applied": []},
    {"format": 1, "ports": [], "public_ports": [], "order": [], "applied": {"edge": 3}},
    {"format": 1, "ports": [], "public_ports": [], "order": [], "applied": {}, "project": 9},
    {"format": 1, "ports": [], "public_ports": [], "order": [], "applied": {}, "other": 1},
)


@pytest.mark.parametrize("text", [*TEXTS, *map(json.dumps, STATES)])
def test_a_damaged_state_is_named_and_can_be_removed(up: Stage, text: str) -> None:
    path = up.root() / "state.json"
    path.write_text(text)
    for command in ("up", "down"):
        assert mentions_next(refused(up.uz(command), f"{path}: "))
    assert up.client().answers()
    path.unlink()
    before = up.client().get("/whoami").json()["release"]
    up.up()
    assert up.client().get("/whoami").json()["release"] == before


def test_without_its_state_a_stack_can_still_be_taken_down(up: Stage) -> None:
    (up.root() / "state.json").unlink()
    assert "app-1" in up.uz("down").stdout
    assert not up.client().answers()
    up.up()


@pytest.fixture
def secrets(up: Stage) -> Iterator[Path]:
    """The file of secrets; put right again afterwards, so that nothing has changed."""
    path = up.root() / "secrets.json"
    saved = path.read_bytes()
    yield path
    path.write_bytes(saved)
    assert "unchanged" in up.up().stdout


@pytest.mark.parametrize("text", [*TEXTS, '{"edge/key": 3}'])
def test_a_damaged_file_of_secrets_is_named_and_never_overwritten(
    up: Stage, secrets: Path, text: str
) -> None:
    secrets.write_text(text)
    assert mentions_next(refused(up.uz("up"), f"{secrets}: "))
    assert secrets.read_text() == text
    assert up.client().answers()


@pytest.mark.parametrize("name", ["edge/key", "edge/authority", "edge/authority-key"])
@pytest.mark.parametrize("value", ["%%%", "aGFsbG8="])
def test_a_damaged_secret_is_named_and_never_shown(
    up: Stage, secrets: Path, name: str, value: str
) -> None:
    known = json.loads(secrets.read_text())
    del known["edge/certificate"]
    secrets.write_text(json.dumps(known | {name: value}))
    ran = up.uz("up")
    if name == "edge/key" and value == "aGFsbG8=":
        assert ran.code == 0  # no key: Uz makes a new one, as it made the first
        return
    message = refused(ran, "ecret", name)
    assert mentions_next(message)
    assert not [one for one in known.values() if one[:40] in message]
    assert json.loads(secrets.read_text())[name] == value


@pytest.mark.parametrize("text", [*TEXTS, '{"format": 9}', '{"format": 1, "evidence": [{}]}'])
def test_damaged_evidence_is_named_and_can_be_removed(up: Stage, text: str) -> None:
    path = up.root() / "evidence" / "tls.terminated.json"
    path.write_text(text)
    assert mentions_next(refused(up.uz("status"), f"{path}: "))
    up.up()
    path.unlink()
    assert up.uz("status").code == 0
    assert up.uz("prove", "tls.terminated").code == 1


@pytest.mark.parametrize("text", [*TEXTS, "{}", '{"number": "7"}'])
def test_a_damaged_record_of_a_release_is_named_and_can_be_removed(up: Stage, text: str) -> None:
    path = max((up.root() / "releases").glob("*.json"))
    path.write_text(text)
    assert mentions_next(refused(up.uz("up"), f"{path}: damaged"))
    assert up.client().answers()
    path.unlink()
    up.up()
    assert up.client().answers()


@pytest.mark.parametrize("text", [*TEXTS, "1 2 3", f"{'9' * 30}"])
def test_damaged_records_of_process_groups_harm_nobody(up: Stage, text: str) -> None:
    assert up.uz("down").code == 0
    (up.root() / "run/groups/edge").write_text(text)
    (up.root() / "run/supervisord.pid").write_text(text)
    up.up()
    assert up.client().answers()


@pytest.mark.parametrize(
    "name", ["config/edge/nginx.conf", "config/launch", "config/supervisord.conf", "active/app-1"]
)
def test_a_file_that_was_removed_is_there_again(up: Stage, name: str) -> None:
    (up.root() / name).unlink()
    up.up()
    assert (up.root() / name).exists()
    assert up.client().answers()


def test_files_that_do_not_belong_into_the_configuration_are_removed(up: Stage) -> None:
    strange = up.root() / "config/edge/strange.conf"
    strange.write_text("strange")
    up.up()
    assert not strange.exists()


@pytest.mark.parametrize("name", ["", "data", "run", "config", "releases", "evidence", "logs"])
def test_a_folder_that_became_a_link_is_refused(stage: Stage, name: str) -> None:
    stage.up()
    stage.uz("down")
    place, elsewhere = stage.root() / name, stage.top / "elsewhere"
    shutil.move(place, elsewhere)
    place.symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*"))
    assert mentions_next(refused(stage.uz("up"), f"{place}: is a symbolic link"))
    assert sorted(elsewhere.rglob("*")) == before
    place.unlink()
    shutil.move(elsewhere, place)
    stage.up()


@pytest.mark.parametrize("name", ["secrets.json", "state.json", "config/edge/nginx.conf"])
def test_a_link_is_never_written_through(stage: Stage, name: str) -> None:
    stage.up()
    place, target = stage.root() / name, stage.top / "target"
    saved = place.read_bytes()
    target.write_text("{}" if name.endswith("json") else "kept")
    before = target.read_text()
    place.unlink()
    place.symlink_to(target)
    stage.set("app.aliases", ["other.test"])
    ran = stage.uz("up")
    assert ran.code in {0, 2}, ran
    assert "Traceback" not in ran.stderr
    assert target.read_text() == before
    place.unlink()
    place.write_bytes(saved)
    stage.up()


@pytest.mark.parametrize("name", ["production.lock", "production", "audit.jsonl"])
def test_what_lies_in_the_way_is_named(stage: Stage, name: str) -> None:
    app = stage.home / "tiny"
    app.mkdir(parents=True)
    way = app / name
    way.write_text("") if name == "production" else way.mkdir()
    refused(stage.uz("up"), str(way))
    way.unlink() if way.is_file() else way.rmdir()
    stage.up()


def place_in_memory(stage: Stage) -> Path:
    """Where the credentials of the stage will lie."""
    stage.up()
    (place,) = stage.memory()
    stage.uz("down")
    assert not place.exists()
    return place


def test_a_folder_in_memory_that_another_user_made_first_is_refused(
    stage: Stage, as_root: None
) -> None:
    place = place_in_memory(stage)
    place.mkdir(mode=0o777)
    os.chown(place, 65534, 65534)
    assert mentions_next(refused(stage.uz("up"), f"{place}: belongs to user 65534"))
    assert list(place.iterdir()) == []
    refused(stage.uz("down"), str(place))
    shutil.rmtree(place)
    stage.up()


def test_a_link_in_memory_that_somebody_made_first_is_refused(stage: Stage) -> None:
    place = place_in_memory(stage)
    trap = stage.top / "trap"
    trap.mkdir(mode=0o777)
    place.symlink_to(trap)
    refused(stage.uz("up"), f"{place}: is a symbolic link")
    assert list(trap.iterdir()) == []
    place.unlink()
    stage.up()
