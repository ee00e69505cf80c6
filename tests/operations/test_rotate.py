from dataclasses import dataclass, field

import pytest
from tests.operations.cluster import Steps
from tests.places import Projects

from uz.environment import Rotated, ServiceStatus
from uz.errors import BusyError, MachineError, SecretError, UnhealthyError, UzError
from uz.managers import ManagedSecrets
from uz.operations import rotate as rotating
from uz.operations.managed import Managed
from uz.operations.place import Place
from uz.operations.rotate import own_name, rotate
from uz.secret import Secret
from uz.targets.local.config import write_config
from uz.targets.local.environment import LocalEnvironment
from uz.targets.local.render import render
from uz.targets.local.state import State, locked, write_state
from uz.targets.local.supervise import Supervisor
from uz.testing import MemoryManager
from uz.trail import entries

REFERENCE = "ref+vault://secret/stripe-key#/value"
VALUE = Secret(b"sk-12345678")


@dataclass
class Target:
    """What is done instead of the real thing, in order."""

    done: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    manager: MemoryManager = field(default_factory=MemoryManager)
    takes_up: tuple[str, ...] = ("app-1", "edge")

    def rotate_own(self, _env: object, name: str, _progress: object) -> Rotated:
        self.done.append(f"rotate {name}")
        return Rotated(name, "2", ("app-1",), ("redis",))

    def finish(self, _env: object, name: str, _progress: object) -> None:
        self.done.append(f"finish {name}")

    def apply(self, *_: object) -> tuple[str, ...]:
        self.done.append("apply")
        return self.takes_up

    def managed(self, *_: object) -> Managed:
        return Managed(self.manager, ManagedSecrets(self.manager, "secret/uz"))


@pytest.fixture(autouse=True)
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    one = Target()
    for name in ("rotate_own", "finish", "apply", "managed"):
        monkeypatch.setattr(rotating, name, getattr(one, name))
    monkeypatch.setattr(rotating, "recorded", lambda _: dict.fromkeys(one.half))
    monkeypatch.setattr(Supervisor, "pid", lambda _: 1)
    monkeypatch.setattr(LocalEnvironment, "status", lambda _: ())
    return one


@pytest.fixture
def place(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Place:
    app = {"generated_secrets": ["session-key"], "env": {"STRIPE_KEY": REFERENCE}}
    one = projects.applied(app=app, redis={"purpose": "cache"}, secrets={"manager": "openbao"})
    write_config(one.layout, render(one.spec, one.stack, one.machine))
    monkeypatch.setattr(LocalEnvironment, "secrets", lambda _: None)
    return one


def test_what_uz_made_up_is_rotated_under_its_full_name(
    place: Place, target: Target, steps: Steps
) -> None:
    assert rotate(place, "redis/app", None, "secrets rotate redis/app", steps).version == "2"
    rotate(place, "session-key", None, "secrets rotate session-key", steps)
    assert target.done == ["rotate redis/app", "rotate app/session-key"]
    assert [one.command for one in entries(place.layout.trail)] == [
        "uz secrets rotate redis/app", "uz secrets rotate session-key"
    ]  # fmt: skip


def test_a_name_says_whose_it_is(place: Place) -> None:
    names = {one: own_name(place, one) for one in ("redis/app", "session-key", "stripe-key")}
    assert names == {
        "redis/app": "redis/app", "session-key": "app/session-key", "stripe-key": ""
    }  # fmt: skip


def test_a_secret_of_the_users_is_kept_and_given_to_its_readers(
    place: Place, target: Target, steps: Steps
) -> None:
    done = rotate(place, "stripe-key", VALUE, "secrets rotate stripe-key", steps)
    assert (done.version, done.readers, done.refused_by) == ("1", ("app-1",), ())
    assert target.manager.versions["secret/stripe-key"][-1].fields["value"] == VALUE
    assert target.done == ["apply"]


def test_one_that_was_kept_and_not_given_yet_is_given_now(
    place: Place, target: Target, steps: Steps
) -> None:
    for _ in range(2):
        rotate(place, "stripe-key", VALUE, "secrets rotate stripe-key", steps)
    assert len(target.manager.versions["secret/stripe-key"]) == 1
    assert target.done == ["apply", "apply"]


def test_the_value_that_it_has_already_is_no_rotation(
    place: Place, target: Target, steps: Steps
) -> None:
    rotate(place, "stripe-key", VALUE, "secrets rotate stripe-key", steps)
    target.takes_up = ("edge",)
    with pytest.raises(SecretError, match="stripe-key: this is the value it has already"):
        rotate(place, "stripe-key", VALUE, "secrets rotate stripe-key", steps)
    assert [one.outcome for one in entries(place.layout.trail)] != ["done", "done"]


@pytest.mark.parametrize(
    "value", [None, Secret(b"short"), Secret(b"\xff\xff\xff\xff\xff\xff\xff\xff")]
)
def test_a_value_that_is_none_or_no_secret_is_refused(
    place: Place, target: Target, steps: Steps, value: Secret | None
) -> None:
    with pytest.raises(SecretError):
        rotate(place, "stripe-key", value, "secrets rotate stripe-key", steps)
    assert (target.done, target.manager.versions) == ([], {})


def test_others_that_were_interrupted_are_finished_first(
    place: Place, target: Target, steps: Steps
) -> None:
    target.half = ["database/app", "redis/app"]
    rotate(place, "redis/app", None, "secrets rotate redis/app", steps)
    assert target.done == ["finish database/app", "rotate redis/app"]
    assert ("database/app", "an interrupted rotation is finished") in steps.said


def test_what_is_not_applied_is_not_applied_by_the_way(
    place: Place, target: Target, steps: Steps
) -> None:
    (place.layout.config / "README.md").write_text("for people only")
    rotate(place, "redis/app", None, "secrets rotate redis/app", steps)
    conf = place.layout.config / "redis/redis.conf"
    conf.write_text("amended")
    with pytest.raises(UzError, match="not applied yet"):
        rotate(place, "redis/app", None, "secrets rotate redis/app", steps)
    target.half = ["redis/app"]  # it has to be finished all the same
    rotate(place, "redis/app", None, "secrets rotate redis/app", steps)
    assert target.done == ["rotate redis/app", "rotate redis/app"]


def test_where_a_service_is_ill_nothing_is_begun(
    place: Place, target: Target, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill = ServiceStatus("redis", "Redis", running=False, healthy=False, detail="does not run")
    monkeypatch.setattr(LocalEnvironment, "status", lambda _: (ill,))
    with pytest.raises(UnhealthyError, match="redis is not well"):
        rotate(place, "redis/app", None, "secrets rotate redis/app", steps)
    assert target.done == []


def test_where_nothing_runs_nothing_is_rotated(
    place: Place, target: Target, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Supervisor, "pid", lambda _: None)
    with pytest.raises(UzError, match="is down"):
        rotate(place, "redis/app", None, "secrets rotate redis/app", steps)
    assert target.done == []


def test_one_command_at_a_time(place: Place, target: Target, steps: Steps) -> None:
    with locked(place.layout, "secrets rotate redis/app"), pytest.raises(BusyError):
        rotate(place, "redis/app", None, "secrets rotate redis/app", steps)
    assert target.done == []


def test_another_projects_environment_is_left_alone(
    place: Place, target: Target, steps: Steps
) -> None:
    write_state(place.layout, State(project="/elsewhere"))
    with pytest.raises(MachineError, match="belongs to the project"):
        rotate(place, "redis/app", None, "secrets rotate redis/app", steps)
    assert target.done == []
