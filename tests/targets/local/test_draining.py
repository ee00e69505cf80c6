from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uz.components import compose
from uz.errors import UnhealthyError
from uz.stack import Role
from uz.targets.local import draining
from uz.targets.local.draining import FILE, drain, left_out, undrain, undrain_after_all
from uz.targets.local.layout import Layout
from uz.targets.local.one_run import Run, wanted_digest
from uz.targets.local.render import render
from uz.targets.local.state import State
from uz.targets.local.supervise import ProcessState, Supervisor
from uz.testing import MACHINE, spec


@dataclass
class Edge:
    """What stands for supervisord and nginx. `loaded`: the text of each reload."""

    run: Run
    ill: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    loaded: list[str] = field(default_factory=list)
    refuses: bool = False

    def processes(self) -> dict[str, ProcessState]:
        names = {one.name for one in self.run.stack.services} - self.down
        return {name: ProcessState(name, "RUNNING", 1, 9.0, 0, "") for name in names}

    def reload(self, *_: object) -> set[int]:
        if self.refuses:
            raise UnhealthyError("edge did not take up its new files")
        self.loaded.append((self.run.layout.config / FILE).read_text())
        return {1}

    def left_out(self) -> list[set[int]]:
        """The instances that were down after each reload, by number."""
        ports = {number: f":{23099 + number} " for number in (1, 2, 3)}
        return [
            {
                number
                for number, port in ports.items()
                if any(port in line and " down;" in line for line in text.splitlines())
            }
            for text in self.loaded
        ]


@pytest.fixture
def edge(prepared: Layout, monkeypatch: pytest.MonkeyPatch) -> Edge:
    """An edge that runs with the files that it is to have."""
    made = spec("trial", app={"instances": 3}, processes={"mail": {"command": "mail"}})
    stack = compose(made, MACHINE)
    files = dict(render(made, stack, MACHINE))
    run = Run(prepared, made, stack, MACHINE, Path("/p"), lambda *_: None, State(), files)
    run.state = State(applied={"edge": wanted_digest(run, stack.service("edge"), "0001")})
    (prepared.config / FILE).parent.mkdir(exist_ok=True)
    (prepared.config / FILE).write_text(files[FILE])
    one = Edge(run)
    monkeypatch.setattr(draining, "reload_service", one.reload)
    monkeypatch.setattr(draining, "workers", lambda *_: set())
    monkeypatch.setattr(
        draining, "not_ready", lambda ready, *_: str(ready) if _ill(one, ready) else ""
    )
    return one


def _ill(edge: Edge, ready: object) -> bool:
    return any(edge.run.stack.service(name).ready == ready for name in edge.ill)


def leave_out(edge: Edge, name: str) -> None:
    drain(edge.run, cast(Supervisor, edge), edge.run.stack.service(name))


def take_in(edge: Edge, name: str = "") -> None:
    before = edge.run.stack.service(name) if name else None
    undrain(edge.run, cast(Supervisor, edge), before)


def test_one_instance_is_left_out_and_then_known_again(edge: Edge) -> None:
    applied = edge.run.state.applied["edge"]
    leave_out(edge, "app-2")
    assert edge.run.state.applied["edge"] != applied
    take_in(edge)
    assert edge.left_out() == [{2}, set()]
    assert edge.run.state.applied["edge"] == applied
    take_in(edge)
    assert len(edge.loaded) == 2


def test_the_next_instance_takes_its_place_by_one_reload(edge: Edge) -> None:
    for name in ("app-1", "app-2", "app-3"):
        take_in(edge, name)
        leave_out(edge, name)
    take_in(edge, "mail-1")
    assert edge.left_out() == [{1}, {2}, {3}, set()]


def test_an_edge_that_comes_next_reloads_by_itself(edge: Edge) -> None:
    before = edge.run.state.applied["edge"]
    leave_out(edge, "app-1")
    take_in(edge, "edge")
    assert edge.left_out() == [{1}]
    assert (edge.run.layout.config / FILE).read_text() == edge.run.files[FILE]
    assert edge.run.state.applied["edge"] != before


def test_after_a_kill_the_next_run_can_go_on_and_the_edge_is_put_right(edge: Edge) -> None:
    before = edge.run.state.applied["edge"]
    leave_out(edge, "app-1")
    edge.run.drained = edge.run.before_draining = ""  # another run, which knows the state alone
    (edge.run.layout.config / FILE).write_text(edge.run.files[FILE])
    leave_out(edge, "app-2")
    take_in(edge, "mail-1")
    assert edge.left_out() == [{1}, {2}, set()]
    assert edge.run.state.applied["edge"] == before


@pytest.mark.parametrize("away", ["edge", "changed", "files", "others", "no-state"])
def test_where_the_edge_or_the_others_are_not_as_they_should_nothing_is_touched(
    edge: Edge, away: str
) -> None:
    if away == "edge":
        edge.down.add("edge")
    if away == "changed":
        edge.run.changed = frozenset({"edge"})
    if away == "files":
        edge.run.files["edge/headers.conf"] += "# amended\n"
    if away == "others":
        edge.ill |= {"app-2", "app-3"}
    if away == "no-state":
        edge.run.state = State()
    leave_out(edge, "app-1")
    assert edge.loaded == []
    assert not edge.run.drained


def test_an_edge_that_is_to_change_takes_in_what_a_killed_run_left_out(edge: Edge) -> None:
    leave_out(edge, "app-1")
    edge.run.drained = edge.run.before_draining = ""
    edge.run.files[FILE] += "# amended\n"
    (edge.run.layout.config / FILE).write_text(edge.run.files[FILE])
    leave_out(edge, "app-2")
    leave_out(edge, "app-3")
    assert edge.left_out() == [{1}, set()]


def test_a_new_release_is_no_reason_to_leave_the_edge_alone(edge: Edge) -> None:
    edge.ill |= {"app-2"}
    leave_out(edge, "app-1")
    assert edge.left_out() == [{1}]


def test_what_is_no_web_instance_is_not_left_out(edge: Edge) -> None:
    leave_out(edge, "mail-1")
    assert edge.loaded == []
    assert edge.run.stack.service("mail-1").role is Role.WORKER


def test_an_edge_that_refuses_is_told_but_not_instead_of_another_error(edge: Edge) -> None:
    edge.refuses = True
    with pytest.raises(UnhealthyError):
        leave_out(edge, "app-1")
    undrain_after_all(edge.run, cast(Supervisor, edge))
    assert (edge.run.layout.config / FILE).read_text() == edge.run.files[FILE]


@given(st.integers(1, 300), st.integers(1, 300))
def test_only_the_line_of_that_instance_changes(instances: int, number: int) -> None:
    made = spec(app={"instances": max(instances, number)})
    text = compose(made, MACHINE).files[FILE]
    before = text.splitlines()
    after = left_out(text, made.ports.web(number)).splitlines()
    changed = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    assert len(changed) == 1
    assert changed[0][1] == changed[0][0].replace(";", " down;")
    assert f"127.0.0.1:{made.ports.web(number)} " in changed[0][0]
