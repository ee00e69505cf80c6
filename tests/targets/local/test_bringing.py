from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from uz.components import compose
from uz.stack import Role, Service
from uz.targets.local import bringing
from uz.targets.local.bringing import bring
from uz.targets.local.layout import Layout
from uz.targets.local.one_run import Run, wanted_digest
from uz.targets.local.prepare import prepare
from uz.targets.local.render import render
from uz.targets.local.state import State
from uz.targets.local.supervise import ProcessState, Supervisor
from uz.testing import MACHINE, spec


@dataclass
class Machine:
    """What would be done to processes, in order."""

    run: Run
    running: bool = True
    trouble: str = ""
    done: list[str] = field(default_factory=list)

    def processes(self) -> dict[str, ProcessState]:
        pid = 1 if self.running else 0
        state = "RUNNING" if self.running else "STOPPED"
        names = (one.name for one in self.run.stack.services)
        return {name: ProcessState(name, state, pid, 9.0, 0, "") for name in names}

    def stop(self, name: str) -> None:
        self.done.append(f"stop {name}")

    def start(self, _layout: object, _supervisor: object, service: Service) -> float:
        self.done.append(f"start {service.name}")
        return 0.1

    def reload(self, _layout: object, _supervisor: object, service: Service) -> set[int]:
        self.done.append(f"reload {service.name}")
        return set()

    def take_up(self, _layout: object, service: Service) -> str:
        self.done.append(f"take up {service.name}")
        return self.trouble

    def once(self, _layout: object, service: Service) -> float:
        self.done.append(f"run {service.name}")
        return 0.1

    def drain(self, _run: object, _supervisor: object, service: Service) -> None:
        if service.role is Role.WEB:
            self.done.append(f"leave out {service.name}")

    def bring(self, name: str, number: str = "0001") -> list[str]:
        """Bring one service; return what was done."""
        self.done.clear()
        folder = self.run.layout.releases / number
        bring(self.run, cast(Supervisor, self), self.run.stack.service(name), number, folder)
        return self.done[:]


@pytest.fixture
def machine(layout: Layout, prepared: Layout, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """All services were brought already, and run."""
    made = spec("trial", redis={"purpose": "cache"}, database={"migrate": "up"})
    stack = compose(made, MACHINE)
    prepare(layout, stack)
    files = dict(render(made, stack, MACHINE))
    credentials = {one.name: "a" * 64 for one in stack.services if one.credentials}
    run = Run(
        prepared, made, stack, MACHINE, Path("/p"), lambda *_: None, State(), files, credentials
    )
    one = Machine(run)
    for name, what in {
        "start_service": one.start, "reload_service": one.reload, "taken_up": one.take_up,
        "run_once": one.once, "drain": one.drain, "not_ready": lambda *_: "",
        "replaced": lambda _: False, "identity": lambda *_: "database-1",
    }.items():  # fmt: skip
        monkeypatch.setattr(bringing, name, what)
    applied = {service.name: wanted_digest(run, service, "0001") for service in stack.services}
    once = {service.name: "database-1" for service in stack.services if service.once}
    run.state = State(
        applied={name: ".".join([text, *filter(None, [once.get(name)])])
                 for name, text in applied.items()}
    )  # fmt: skip
    return one


def test_what_is_as_it_should_be_is_left_alone(machine: Machine) -> None:
    for service in machine.run.stack.services:
        assert machine.bring(service.name) == []


@pytest.mark.parametrize("name", ["redis", "redis-replica-1", "database-1", "pgbouncer"])
def test_servers_take_up_changed_credentials_as_they_run(machine: Machine, name: str) -> None:
    machine.run.credentials[name] = "b" * 64
    assert machine.bring(name) == [f"take up {name}"]
    assert machine.bring(name) == []


def test_one_that_cannot_take_them_up_is_restarted(machine: Machine) -> None:
    machine.run.credentials["redis"] = "b" * 64
    machine.trouble = "WRONGPASS"
    assert machine.bring("redis") == ["take up redis", "stop redis", "start redis"]
    assert machine.bring("redis") == []


def test_one_that_does_not_run_or_is_ill_is_started(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.run.credentials["redis"] = "b" * 64
    monkeypatch.setattr(bringing, "not_ready", lambda *_: "gives no answer")
    assert machine.bring("redis") == ["stop redis", "start redis"]
    machine.running = False
    assert machine.bring("redis") == ["start redis"]


def test_changed_files_are_not_taken_up_with_credentials(machine: Machine) -> None:
    machine.run.credentials["redis"] = "b" * 64
    machine.run.files["redis/redis.conf"] += "# amended\n"
    assert machine.bring("redis") == ["stop redis", "start redis"]


def test_what_another_version_of_uz_started_is_restarted(machine: Machine) -> None:
    machine.run.state = State(applied={"redis": "abc.def"})
    assert machine.bring("redis") == ["stop redis", "start redis"]


def test_a_web_instance_is_left_out_before_it_is_restarted(machine: Machine) -> None:
    machine.run.credentials["app-1"] = "b" * 64
    assert machine.bring("app-1") == ["leave out app-1", "stop app-1", "start app-1"]
    assert machine.bring("app-2", "0002") == ["leave out app-2", "stop app-2", "start app-2"]


@pytest.mark.parametrize("what", ["files", "credentials", "release"])
def test_the_edge_reloads_for_all_but_another_start(machine: Machine, what: str) -> None:
    if what == "files":
        machine.run.files["edge/nginx.conf"] += "# amended\n"
    if what == "credentials":
        machine.run.credentials["edge"] = "b" * 64
    assert machine.bring("edge", "0002" if what == "release" else "0001") == ["reload edge"]


def test_roles_are_set_up_again_for_new_passwords_but_the_schema_is_not(machine: Machine) -> None:
    for name in ("database-setup", "migrate"):
        machine.run.credentials[name] = "b" * 64
    assert machine.bring("database-setup") == ["run database-setup"]
    assert machine.bring("migrate") == []
    assert machine.bring("migrate", "0002") == ["run migrate"]


def test_another_database_is_set_up_and_migrated(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bringing, "identity", lambda *_: "database-2")
    assert machine.bring("database-setup") == ["run database-setup"]
    assert machine.bring("migrate") == ["run migrate"]
