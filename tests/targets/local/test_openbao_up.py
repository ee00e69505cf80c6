from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from uz.components import compose
from uz.spec import Spec
from uz.targets.local import openbao_up
from uz.targets.local.bootstrap import Bootstrap, make_bootstrap
from uz.targets.local.layout import Layout
from uz.targets.local.memory import forget
from uz.targets.local.one_run import Run
from uz.targets.local.openbao_up import bring_openbao
from uz.targets.local.prepare import prepare
from uz.targets.local.state import State
from uz.targets.local.users import isolated, missing_users
from uz.testing import MACHINE, spec

OF = spec("trial", secrets={})


@dataclass
class Supervised:
    """What is asked of the supervisor and of the steps, in order; nothing runs."""

    known: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    fresh: bool = False
    again: bool = False

    def processes(self) -> dict[str, object]:
        return dict.fromkeys(self.known)

    def ensure(self) -> bool:
        self.asked.append("ensure")
        return True

    def reload(self) -> tuple[frozenset[str], frozenset[str]]:
        self.asked.append("reload")
        self.known.add("openbao")
        return frozenset({"openbao"}), frozenset()

    def stop(self, name: str) -> None:
        self.asked.append(f"stop {name}")

    def bring(self, _run: Run, _supervisor: object, service: Any, *_: object) -> None:
        self.asked.append(f"bring {service.name}")

    def start(self, _layout: Layout, _supervisor: object, service: Any) -> float:
        self.asked.append(f"start {service.name}")
        return 0.0

    def furnished(self, _layout: Layout, _spec: Spec, _bootstrap: Bootstrap, again: Any) -> bool:
        if self.again:
            again()
        return self.fresh


@pytest.fixture
def supervised(monkeypatch: pytest.MonkeyPatch) -> Supervised:
    one = Supervised()
    monkeypatch.setattr(openbao_up, "bring", one.bring)
    monkeypatch.setattr(openbao_up, "start_service", one.start)
    monkeypatch.setattr(openbao_up, "furnished", one.furnished)
    return one


@pytest.fixture
def run(layout: Layout) -> Iterator[Run]:
    """A run whose folders are there."""
    if isolated() and missing_users():
        pytest.skip("root needs the users that `uz doctor --install` creates")
    stack = compose(OF, MACHINE)
    prepare(layout, stack)
    yield Run(layout, OF, stack, MACHINE, Path("/nonexistent"), lambda *_: None, State())
    forget(layout)


def brought(run: Run, supervised: Supervised) -> Bootstrap:
    bootstrap = make_bootstrap(run.layout.bootstrap)
    bring_openbao(run, supervised, bootstrap)  # type: ignore[arg-type]
    return bootstrap


def test_what_opens_it_lies_in_memory_alone_and_its_files_are_written(
    run: Run, supervised: Supervised
) -> None:
    bootstrap = brought(run, supervised)
    seal_key = run.layout.credentials / "openbao/seal.key"
    assert seal_key.read_bytes() == bootstrap.seal_key.reveal()
    assert seal_key.stat().st_mode & 0o777 == 0o400
    assert not seal_key.resolve().is_relative_to(run.layout.root)
    assert (run.layout.config / "openbao/openbao.hcl").is_file()
    assert run.credentials["openbao"]
    assert supervised.asked == ["ensure", "reload", "bring openbao"]


def test_where_it_runs_as_it_should_the_other_services_files_are_left_alone(
    run: Run, supervised: Supervised
) -> None:
    brought(run, supervised)
    other = run.layout.config / "edge/nginx.conf"
    other.write_text("what runs now, of another uz.toml\n")
    supervised.asked.clear()
    brought(run, supervised)
    assert other.read_text() == "what runs now, of another uz.toml\n"
    assert supervised.asked == ["bring openbao"]


@pytest.mark.parametrize("path", ["openbao/openbao.hcl", "openbao/start", "services/openbao"])
def test_a_file_of_its_own_that_changed_is_written_anew(
    run: Run, supervised: Supervised, path: str
) -> None:
    brought(run, supervised)
    file = run.layout.config / path
    before = file.read_text()
    for change in (lambda: file.write_text("changed"), file.unlink):
        change()
        supervised.asked.clear()
        brought(run, supervised)
        assert file.read_text() == before
        assert "reload" in supervised.asked


def test_a_new_one_is_told_and_an_old_one_is_not(run: Run, supervised: Supervised) -> None:
    brought(run, supervised)
    assert run.happened == {}
    supervised.fresh = True
    brought(run, supervised)
    assert run.happened == {"initialised": ["openbao"]}


def test_one_half_made_is_stopped_emptied_and_started(run: Run, supervised: Supervised) -> None:
    (run.layout.data / "openbao/vault.db").write_text("half made")
    run.layout.initialising.touch()
    supervised.again = True
    brought(run, supervised)
    assert supervised.asked[-2:] == ["stop openbao", "start openbao"]
    assert list((run.layout.data / "openbao").iterdir()) == []
