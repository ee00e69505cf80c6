from dataclasses import dataclass
from typing import Any, cast

import pytest
from tests.targets.local.rotation.local import KilledError, Local

from uz.components.rotating import Phase, Record, parsed
from uz.environment import Rotated
from uz.errors import SecretError, UnhealthyError, UzError
from uz.secret import Secret
from uz.targets.local.certificates import still_good
from uz.targets.local.environment import LocalEnvironment
from uz.targets.local.rotation import rotate as rotating
from uz.targets.local.rotation.records import record, recorded
from uz.targets.local.rotation.rotate import finish, rotate_own


@dataclass
class Applied:
    """What `up` returns."""

    started: tuple[str, ...]
    reloaded: tuple[str, ...] = ()


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Local:
    one = Local()

    def up(*_: object, **options: Any) -> Applied:
        assert options["same_release"]
        half = [name for name in one.source.values if name.startswith("rotation/")]
        assert half == ([f"rotation/{options['rotating']}"] if options["rotating"] else [])
        return Applied(one.up())

    def refused_by(*_: object) -> tuple[str, ...]:
        if one.lets_in:
            raise UnhealthyError("still lets in")
        return ("redis",)

    monkeypatch.setattr(rotating, "up", up)
    monkeypatch.setattr(rotating, "refused_by", refused_by)
    return one


def silent(_name: str, _what: str) -> None:
    """Say nothing."""


def rotate(env: Local, name: str) -> Rotated:
    return rotate_own(cast(LocalEnvironment, env), name, silent)


def old(name: str) -> Secret:
    return Secret(f"old-{name}".encode())


def seen(env: Local, name: str) -> list[tuple[Phase, bool]]:
    """In each run of `up`: the phase, and whether readers had the old value."""
    records = [parsed(values[f"rotation/{name}"]) for values in env.ups]
    return [
        (one.phase, values[name] == old(name)) for one, values in zip(records, env.ups, strict=True)
    ]


def test_servers_accept_both_before_readers_change_and_one_afterwards(env: Local) -> None:
    done = rotate(env, "redis/app")
    assert seen(env, "redis/app") == [
        (Phase.ACCEPT, True), (Phase.READERS, False), (Phase.CLOSE, False)
    ]  # fmt: skip
    assert done.readers == ("redis", "app-1")
    assert done.refused_by == ("redis",)
    assert recorded(env.source) == {}


def test_the_app_goes_by_another_role_while_its_own_changes(env: Local) -> None:
    rotate(env, "database/app")
    assert [phase for phase, _ in seen(env, "database/app")] == list(Phase)


def test_what_no_server_knows_is_changed_at_once(env: Local) -> None:
    rotate(env, "app/session-key")
    (found,) = env.ups
    assert found["app/session-key"] != old("app/session-key")
    assert not [name for name in found if name.startswith("rotation/")]


def test_what_uz_does_not_make_up_is_refused_before_anything_is_written(env: Local) -> None:
    with pytest.raises(UzError, match="makes up no secret"):
        rotate(env, "app/other")
    assert (env.breaking.writes, env.ups) == (0, [])


def test_the_edge_gets_a_key_and_a_certificate_that_fit(env: Local) -> None:
    assert rotate(env, "edge/key").readers == ("edge",)
    key, certificate = (env.source.values[f"edge/{one}"] for one in ("key", "certificate"))
    assert still_good(key, certificate, env.spec.domains)


def test_a_run_that_fails_leaves_the_record_and_the_next_one_goes_on(env: Local) -> None:
    env.fails_at = 2
    with pytest.raises(UnhealthyError):
        rotate(env, "redis/app")
    half = record(env.source, "redis/app")
    assert half is not None
    assert half.phase is Phase.READERS
    rotate(env, "redis/app")
    assert env.source.values["redis/app"] == half.new
    assert [phase for phase, _ in seen(env, "redis/app")] == [
        Phase.ACCEPT, Phase.READERS, Phase.READERS, Phase.CLOSE
    ]  # fmt: skip


def test_it_is_not_over_while_a_server_lets_in_by_the_old_one(env: Local) -> None:
    env.lets_in = True
    with pytest.raises(UnhealthyError):
        rotate(env, "redis/app")
    assert list(recorded(env.source)) == ["redis/app"]
    env.lets_in = False
    finish(cast(LocalEnvironment, env), "redis/app", silent)
    assert recorded(env.source) == {}


@pytest.mark.parametrize("name", ["redis/app", "database/app", "database/monitoring"])
@pytest.mark.parametrize("kill_at", range(1, 9))
def test_killed_before_any_write_one_of_both_is_what_counts_and_it_can_be_finished(
    env: Local, name: str, kill_at: int
) -> None:
    env.breaking.kill_at = kill_at
    try:
        rotate(env, name)
    except KilledError:
        half = record(env.source, name)
        if half is None:
            assert env.source.values[name] == old(name)
        else:
            assert {half.old.reveal(), half.new.reveal()} >= {env.source.values[name].reveal()}
            finish(cast(LocalEnvironment, env), name, silent)
            assert env.source.values[name] == half.new
    assert recorded(env.source) == {}


def test_a_record_of_something_else_is_told(env: Local) -> None:
    env.source.values["rotation/redis/app"] = Record(old("a"), old("b"), Phase.BRIDGE).text()
    with pytest.raises(SecretError, match="no rotation that could go on"):
        finish(cast(LocalEnvironment, env), "redis/app", silent)
