"""Apps that do not come up: what was expected, what was seen, and the last lines of the log."""

from typing import Any

import pytest
from tests.live.refusals import mentions_next, refused
from tests.live.stage import SERVER, Stage

pytestmark = pytest.mark.live


def brought_up(stage: Stage, **keys: Any) -> str:
    """Try `uz up` with one instance and these keys of [app]; return what it says."""
    stage.set("app.instances", 1)
    stage.set("app.start_timeout", "1s")
    for key, value in keys.items():
        stage.set(f"app.{key}", value)
    stage.commit()
    message = refused(stage.uz("up"), code=1)
    assert mentions_next(message)
    return message


def heals(stage: Stage) -> None:
    """With a good app the next run brings everything up."""
    stage.set("app.health", "/health")
    stage.set("app.env", {})
    stage.set("app.start_timeout", "10s")
    stage.set("app.command", "/usr/bin/python3 server.py")
    stage.commit(SERVER.read_text())
    stage.up()
    assert stage.client().answers()


@pytest.mark.parametrize(
    ("keys", "said"),
    {
        "500": ({"health": "/fail"}, "/fail answers 500, expected 2xx or 3xx"),
        "404": ({"health": "/nowhere"}, "/nowhere answers 404, expected 2xx or 3xx"),
        "silent": ({"command": "sleep 600"}, "actual: it listens on no port at all"),
        "slow": ({"env": {"SLOW_START": "30"}}, "is not ready after 1 s"),
        "no program": ({"command": "no-such-program"}, "no-such-program"),
        "ends well": ({"command": "true"}, "ends right after its start (exit status 0)"),
    }.values(),
)  # fmt: skip
def test_it_is_told_why_an_app_is_not_ready(stage: Stage, keys: dict[str, Any], said: str) -> None:
    assert said in brought_up(stage, **keys)
    assert stage.services()["app-1"]["running"] is False
    heals(stage)


@pytest.mark.slow
def test_a_health_path_that_never_answers_is_waited_for_with_a_bound(stage: Stage) -> None:
    message = brought_up(stage, health="/hang")
    assert "/hang gives no answer within" in message
    heals(stage)


def test_an_app_that_crashes_at_start_is_stopped_and_its_last_words_are_shown(
    stage: Stage,
) -> None:
    message = brought_up(stage, env={"CRASH_AT_START": "1"}, start_timeout="20s")
    assert "app-1 ends right after its start (exit status 1)" in message
    assert "    told to crash at start" in message
    started = stage.log("app-1.log").count("starting on port")
    assert stage.services()["app-1"]["running"] is False
    assert stage.log("app-1.log").count("starting on port") == started <= 4
    heals(stage)


def test_only_lines_of_this_start_are_shown(stage: Stage) -> None:
    brought_up(stage, env={"CRASH_AT_START": "1"})
    message = brought_up(stage, env={}, command="true")
    assert "told to crash" not in message


def test_an_app_on_the_wrong_port_is_told_both_ports(stage: Stage) -> None:
    message = brought_up(stage, env={"SHIFT_PORT": "7"})
    assert f"expected it on 127.0.0.1:{stage.base + 100}," in message
    assert f"actual: it listens on 127.0.0.1:{stage.base + 107}" in message
    heals(stage)


def test_an_app_on_ipv6_only_is_told_where_it_listens(stage: Stage) -> None:
    server = "ThreadingHTTPServer(("
    stage.commit(
        SERVER.read_text().replace(
            f"    {server}",
            f"    ThreadingHTTPServer.address_family = socket.AF_INET6\n    {server}",
        )
    )
    message = brought_up(stage, env={"HOST": "::1"})
    assert f"expected it on 127.0.0.1:{stage.base + 100}," in message
    assert f"actual: it listens on [::1]:{stage.base + 100}" in message
    heals(stage)


def test_escape_codes_in_the_log_of_an_app_do_not_reach_the_terminal(stage: Stage) -> None:
    stage.commit('import sys\nsys.exit("\\x1b[2J\\x1b]0;owned\\x07")\n')
    assert "\\x1b[2J" in brought_up(stage)


def test_an_app_on_all_addresses_comes_up_and_is_refuted(stage: Stage) -> None:
    stage.set("app.env", {"HOST": "0.0.0.0"})
    stage.commit()
    stage.up()
    done = stage.uz("prove", "tls.terminated", "--json")
    assert done.code == 1, done
    (item,) = done.json()["items"]
    assert item["state"] == "refuted", done
    assert "listens on 0.0.0.0:" in item["reason"]
