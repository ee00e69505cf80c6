"""Files of Redis that are not whole: healed where only the end is missing, else left alone."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live.stage import Stage, a_stage

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def down() -> Iterator[Stage]:
    """A stack with three keys in its Redis, taken down."""
    with a_stage() as one:
        one.set("redis.purpose", "store")
        one.set("app.instances", 1)
        one.commit()
        one.up()
        for number in range(3):
            assert said(one, "SET", f"key-{number}", f"value-{number}") == "OK"
        assert one.uz("down").code == 0
        yield one


def said(stage: Stage, *words: str) -> str:
    url = (stage.root() / "credentials" / "app" / "redis-url").read_text()
    done = subprocess.run(
        ["redis-cli", "-u", url, "--no-auth-warning", *words],
        check=True, capture_output=True, text=True, timeout=10,
    )  # fmt: skip
    return done.stdout.strip()


def written(stage: Stage, server: str = "redis") -> Path:
    (path,) = (stage.root() / "data" / server / "appendonlydir").glob("*.incr.aof")
    return path


def test_a_file_whose_end_is_missing_loses_no_more_than_its_last_command(down: Stage) -> None:
    path = written(down)
    path.write_bytes(path.read_bytes()[:-3])
    down.up()
    assert said(down, "MGET", "key-0", "key-1", "key-2").split() == ["value-0", "value-1"]
    assert "loaded anyway" in down.log("redis.log")
    assert down.uz("down").code == 0


def test_a_damaged_file_is_refused_and_left_as_it_is(down: Stage) -> None:
    path = written(down)
    whole = path.read_bytes()
    broken = whole.replace(b"*3\r\n", b"XX\r\n", 1)
    path.write_bytes(broken)
    done = down.uz("up")
    assert done.code == 2, done
    assert "Bad file format" in done.stderr
    assert "redis-check-aof" in done.stderr
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == broken
    path.write_bytes(whole)
    down.up()
    assert said(down, "GET", "key-0") == "value-0"
    assert down.uz("down").code == 0


def test_a_replica_that_does_not_come_up_keeps_nobody_else_from_it(down: Stage) -> None:
    path = written(down, "redis-replica-1")
    whole = path.read_bytes()
    path.write_bytes(b"XX\r\n" + whole)
    done = down.uz("up")
    assert done.code == 2, done
    assert "redis-replica-1 ends right after its start" in done.stderr
    assert "All else is up." in done.stderr
    assert down.client().answers()
    path.write_bytes(whole)
    down.up()
    assert down.services()["redis-replica-1"]["healthy"]
