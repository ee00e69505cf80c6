"""`uz secrets rotate` for real: under load, killed at every step, and twice at once."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet
from tests.live.openbao_stage import an_openbao_stage, kept, source
from tests.live.postgres import asked, own, with_database
from tests.live.refusals import refused
from tests.live.stage import Stage, holds_within, kill
from tests.live.visitors import visiting

pytestmark = pytest.mark.live

APP = Path(__file__).with_name("rotating_app.py")
BOTH = "servers accept the old one and the new one"
BRIDGED = "the app logs in as another role meanwhile"
READ = "its readers have the new one"
ONLY = "servers accept the new one only"
RESTARTED = "app-1            ready"


def slow(*values: str) -> list[ParameterSet]:
    """Parameters that are tried with `--all` only."""
    return [pytest.param(one, marks=pytest.mark.slow) for one in values]


@contextmanager
def a_shop() -> Iterator[Stage]:
    """An app with both stores that is up, and whose secrets are in OpenBao."""
    with an_openbao_stage() as stage:
        with_database(stage, replicas=0)
        stage.set("app.instances", 2)
        stage.set("redis", {"purpose": "store", "memory": "32MiB"})
        stage.set("edge", {"workers": 1, "rate": 5000, "burst": 5000})
        stage.commit(APP.read_text())
        stage.up()
        yield stage


@pytest.fixture(scope="module")
def shop() -> Iterator[Stage]:
    """One for all tests of this file: each leaves it well."""
    with a_shop() as stage:
        yield stage


def value(stage: Stage, name: str) -> str:
    """What the manager has."""
    found = source(stage).read(name)
    assert found is not None, name
    return found.reveal().decode()


def rotating(stage: Stage) -> list[str]:
    """Records of rotations that are not over."""
    return [name for name in source(stage).names() if name.startswith("rotation/")]


def redis_says(stage: Stage, password: str, server: int = 0) -> str:
    """What a Redis says to a login as the app."""
    with socket.create_connection(("127.0.0.1", stage.base + 500 + server), 10) as line:
        line.sendall(f"AUTH app {password}\r\n".encode())
        return line.recv(200).decode().split()[0]


def lets_in(stage: Stage, password: str, port: int, role: str = "app") -> bool:
    """Whether PostgreSQL (400) or PgBouncer (432) lets a role in."""
    done = asked(stage, role, "SELECT 1", port=port, secret=password)
    assert done.returncode == 0 or "failed" in done.stderr or "not exist" in done.stderr, done
    return done.returncode == 0


def interrupted(stage: Stage, name: str, at: str) -> None:
    """Rotate, and kill the command as soon as it says something."""
    begun = stage.begin("secrets", "rotate", name)
    assert begun.stdout
    seen = []
    for line in begun.stdout:
        seen.append(line)
        if at in line:
            break
    kill(begun.pid)
    begun.wait()
    assert at in seen[-1], seen


def test_a_password_of_redis_changes_without_a_failed_request(shop: Stage) -> None:
    before = value(shop, "redis/app")
    with visiting(shop) as visitors:
        done = shop.uz("secrets", "rotate", "redis/app")
    assert done.code == 0, done
    assert visitors.failures == []
    assert "the old one is refused by redis, redis-replica-1" in done.stdout
    after = value(shop, "redis/app")
    for server in (0, 1):
        assert redis_says(shop, before, server) == "-WRONGPASS"
        assert redis_says(shop, after, server) == "+OK"
    assert {name: one["restarts"] for name, one in shop.services().items() if one["restarts"]} == {}
    assert rotating(shop) == []


def test_the_password_of_the_apps_role_changes_without_a_failed_request(shop: Stage) -> None:
    before = value(shop, "database/app")
    with visiting(shop) as visitors:
        done = shop.uz("secrets", "rotate", "database/app")
    assert done.code == 0, done
    assert visitors.failures == []
    assert "the old one is refused by database-1, pgbouncer" in done.stdout
    for port in (400, 432):
        assert not lets_in(shop, before, port)
        assert lets_in(shop, value(shop, "database/app"), port)
    assert own(shop, "SELECT count(*) FROM pg_roles WHERE rolname = 'app_next'") == "0"
    assert shop.client().get("/visit").body.startswith(b"app ")
    assert "nothing changed" in shop.up().stdout


@pytest.mark.parametrize("role", ["pgbouncer", *slow("migrations", "monitoring", "replication")])
def test_passwords_of_other_roles_change_and_nobody_notices(shop: Stage, role: str) -> None:
    before = value(shop, f"database/{role}")
    done = shop.uz("secrets", "rotate", f"database/{role}")
    assert done.code == 0, done
    found = asked(shop, role, "SELECT 1", database="postgres", secret=before)
    assert "authentication failed" in found.stderr
    assert "migrate " not in done.stdout
    assert {name for name, one in shop.services().items() if not one["healthy"]} == set()


def test_a_secret_that_uz_made_for_the_app_reaches_all_instances(shop: Stage) -> None:
    with visiting(shop, keep=1, fresh=1) as visitors:
        done = shop.uz("secrets", "rotate", "session-key")
    assert done.code == 0, done
    assert visitors.failures == []
    assert "taken up by app-1, app-2" in done.stdout
    delivered = (shop.root() / "credentials/app/session-key").read_text()
    assert delivered == value(shop, "app/session-key")


def test_the_edge_gets_a_new_key_while_it_serves(shop: Stage) -> None:
    before = value(shop, "edge/key")
    with visiting(shop, keep=1, fresh=1) as visitors:
        done = shop.uz("secrets", "rotate", "edge/key")
    assert done.code == 0, done
    assert visitors.failures == []
    assert (shop.root() / "credentials/edge/key.pem").read_text() == value(shop, "edge/key")
    assert value(shop, "edge/key") != before


def test_a_secret_of_the_users_is_given_and_reaches_its_readers() -> None:
    with an_openbao_stage() as stage:
        stage.set("app.env.STRIPE_KEY", "ref+vault://secret/stripe-key#/value")
        kept(stage, "stripe-key", "sk-before-before")
        stage.up()
        done = stage.uz("secrets", "rotate", "stripe-key", stdin="sk-after-after")
        assert done.code == 0, done
        assert "stripe-key: version 2; taken up by app-1, app-2" in done.stdout
        assert "revoke the old one where it comes from" in done.stdout
        for _ in range(4):
            answer = stage.client().get("/environment").json()
            assert answer["STRIPE_KEY"] == "sk-after-after"


def test_of_two_at_once_the_second_is_told_to_wait(shop: Stage) -> None:
    begun = shop.begin("secrets", "rotate", "redis/monitor")
    assert begun.stdout
    begun.stdout.readline()
    said = refused(shop.uz("secrets", "rotate", "redis/admin"), "is working on it")
    assert "`uz secrets rotate redis/monitor (process" in said
    assert begun.wait(60) == 0


def test_what_cannot_be_rotated_is_refused_with_the_reason(shop: Stage) -> None:
    refused(shop.uz("secrets", "rotate", "backups/passphrase"), "could not be read any more")
    refused(shop.uz("secrets", "rotate", "edge/authority"), "whoever trusts this CA")
    refused(shop.uz("secrets", "rotate", "no/such"), "Uz makes up no secret of this name")
    refused(shop.uz("secrets", "rotate", "stripe-key", "sk-12345678"), "never an argument")


def test_what_is_not_applied_yet_is_not_applied_by_the_way(shop: Stage) -> None:
    shop.set("app.env.COLOUR", "red")
    refused(shop.uz("secrets", "rotate", "redis/app"), "not applied yet")
    shop.set("app.env.COLOUR", "blue")


@pytest.mark.parametrize("at", [RESTARTED, *slow(BOTH, READ, ONLY)])
def test_a_killed_rotation_of_redis_is_finished_by_the_next_up(shop: Stage, at: str) -> None:
    before = value(shop, "redis/app")
    with visiting(shop, keep=1, fresh=1) as visitors:
        interrupted(shop, "redis/app", at)
        assert shop.client().get("/visit").status == 200
        done = shop.up()
    assert visitors.failures == []
    assert "an interrupted rotation of redis/app is finished" in done.stdout
    _over(shop)
    assert redis_says(shop, before) == "-WRONGPASS"


@pytest.mark.parametrize("at", slow(RESTARTED, BOTH, BRIDGED, READ, ONLY))
def test_a_killed_rotation_of_the_database_is_finished_by_the_next_up(shop: Stage, at: str) -> None:
    before = value(shop, "database/app")
    with visiting(shop, keep=1, fresh=1) as visitors:
        interrupted(shop, "database/app", at)
        assert shop.client().get("/visit").status == 200
        done = shop.up()
    assert visitors.failures == []
    assert "an interrupted rotation of database/app is finished" in done.stdout
    _over(shop)
    assert not lets_in(shop, before, 432)
    assert lets_in(shop, value(shop, "database/app"), 432)


@pytest.mark.slow
def test_a_killed_rotation_goes_on_where_it_was_when_asked_for_again(shop: Stage) -> None:
    interrupted(shop, "redis/app", READ)
    new = value(shop, "redis/app")
    done = shop.uz("secrets", "rotate", "redis/app")
    assert done.code == 0, done
    assert value(shop, "redis/app") == new
    _over(shop)


@pytest.mark.slow
def test_a_killed_rotation_is_finished_after_everything_was_down(shop: Stage) -> None:
    interrupted(shop, "database/app", RESTARTED)
    assert shop.uz("down").code == 0
    assert "an interrupted rotation of database/app is finished" in shop.up().stdout
    _over(shop)


def _over(shop: Stage) -> None:
    """Nothing of a rotation is left, and all is well."""
    assert rotating(shop) == []
    assert " down;" not in (shop.root() / "config/edge/nginx.conf").read_text()
    assert holds_within(60, lambda: shop.uz("status").code == 0), shop.uz("status")
    assert own(shop, "SELECT count(*) FROM pg_roles WHERE rolname = 'app_next'") == "0"
    assert "nothing changed" in shop.up().stdout
    assert shop.client().get("/visit").status == 200


@pytest.mark.slow
@pytest.mark.parametrize("name", ["redis/app", "database/app"])
def test_wherever_a_rotation_is_killed_a_valid_password_is_left(shop: Stage, name: str) -> None:
    for tenths in range(6, 90, 7):
        begun = shop.begin("secrets", "rotate", name)
        with suppress(subprocess.TimeoutExpired):
            assert begun.wait(tenths / 10) == 0
            break  # later than that there is nothing to kill
        kill(begun.pid)
        begun.wait()
        assert shop.client().get("/visit").status == 200
        shop.up()
        _over(shop)
    _over(shop)
