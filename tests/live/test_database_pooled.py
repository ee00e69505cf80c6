"""`database.pooled` for real: a pool that holds, each sabotage noticed, and an app that is unsafe.

The first stack's app has no driver at all; the last one has psycopg in its release.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.live.postgres import own, with_database
from tests.live.stage import Ran, Stage, a_stage
from tests.soaking import soaked

pytestmark = pytest.mark.live

APP = Path(__file__).with_name("pooled_app.py")
STAGING = ("--env", "staging")
POOL = 5
LIMITS = {"statement_timeout": "2s", "idle_in_transaction_timeout": "2s"}
PSYCOPG = """\
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

SAFE = {"off": None, "on": 5}[os.environ["DATABASE_PREPARED_STATEMENTS"]]


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        with psycopg.connect(os.environ["DATABASE_URL"], prepare_threshold=SAFE) as connection:
            connection.execute("SELECT %s", (1,)).fetchone()
        self.send_response(204)
        self.end_headers()


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answers).serve_forever()
"""


@contextmanager
def pooled(text: str = "", **keys: Any) -> Iterator[Stage]:
    """A stage with a small pool and short limits; `keys` of `[app]`. Nothing is up."""
    with a_stage() as stage:
        with_database(stage, pool=POOL, **LIMITS)
        stage.set("environments.staging.network.port_base", stage.another_base())
        for key, value in keys.items():
            stage.set(f"app.{key}", value)
        stage.commit(text or APP.read_text())
        yield stage


def experiments(done: Ran) -> dict[str, dict[str, Any]]:
    """The item's experiments in a report, by name."""
    (item,) = done.json()["items"]
    return {one["name"]: one for one in item["experiments"]}


@pytest.fixture(scope="module")
def safe() -> Iterator[Stage]:
    """A stack whose app asks its database on every request."""
    with pooled() as stage:
        stage.up()
        yield stage


def test_a_running_environment_is_proven_without_taking_anything_away(safe: Stage) -> None:
    done = safe.uz("prove", "database.pooled", "--json")
    found = experiments(done)
    states = {name: one["state"] for name, one in found.items()}
    assert states | {"crowd": "proven", "statement-timeout": "proven", "app-statements": "proven"} \
        == states, done  # fmt: skip
    crowd = found["crowd"]["figures"]
    assert crowd["clients"] > crowd["max_connections"] == int(own(safe, "SHOW max_connections"))
    assert 0 < crowd["peak"] <= POOL
    assert crowd["failed"] == crowd["late"] == 0
    assert 1.8 <= found["statement-timeout"]["figures"]["statement_ended_s"] < 4.2
    assert found["app-statements"]["figures"]["busy_connections"] > 0
    assert {one["restarts"] for one in safe.services().values()} == {0}


def test_nothing_of_it_is_left_at_the_server(safe: Stage) -> None:
    safe.uz("prove", "database.pooled")
    left = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state <> 'idle'"
    assert own(safe, left) == "0"
    assert "uz-proof" not in (safe.root() / "logs/pgbouncer.log").read_text()


def test_an_app_that_prepares_statements_is_refuted_in_the_servers_words() -> None:
    with pooled(env={"UNSAFE": "yes"}) as stage:
        stage.up()
        done = stage.uz("prove", "database.pooled", "--json")
        assert done.code == 1, done
        found = experiments(done)["app-statements"]
        assert found["state"] == "refuted"
        assert 'prepared statement "question"' in found["reason"]
        assert found["figures"]["complaints"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("replication", soaked(["asynchronous", "synchronous"], "synchronous"))
def test_all_is_proven_in_a_rehearsal_and_every_control_is_held(replication: str) -> None:
    with pooled() as stage:
        stage.set("database.replication", replication)
        stage.uz(*STAGING, "up")
        done = stage.uz(*STAGING, "rehearse", "database.pooled", "--json", timeout=280)
        found = {name: (one["state"], one["reason"]) for name, one in experiments(done).items()}
        assert [state for state, _ in found.values()] == ["proven"] * 5, found
        tried = [(one["id"], one["state"], one["reason"]) for one in done.json()["controls"]]
        assert [state for _, state, _ in tried] == ["held"] * 6, tried
        assert done.code == 0, done


@pytest.mark.slow
def test_the_driver_of_the_apps_release_is_tried_and_its_setting_named() -> None:
    build = ["/usr/bin/python3 -m venv .venv", ".venv/bin/pip install --quiet psycopg[binary]"]
    with pooled(PSYCOPG, build=build, command="python server.py") as stage:
        stage.up()
        done = stage.uz(*STAGING, "up", timeout=280)
        assert done.code == 0, done
        done = stage.uz(*STAGING, "prove", "--disrupt", "database.pooled", "--json")
        found = experiments(done)["driver"]
        assert found["state"] == "proven", done
        assert "psycopg 3" in found["reason"]
        if "as it comes (" in found["reason"]:
            assert "prepare_threshold=None" in found["reason"]
        assert experiments(done)["app-statements"]["state"] == "proven"
