from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from uz.components import compose
from uz.targets.local import manager_alone
from uz.targets.local.bootstrap import Bootstrap
from uz.targets.local.layout import Layout
from uz.targets.local.manager_alone import start_openbao
from uz.testing import MACHINE, spec

OF = spec("trial", secrets={})


@pytest.fixture
def happens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What OpenBao's start tells; a test fills it."""
    told: list[str] = []

    def begun(*words: Any) -> SimpleNamespace:
        return SimpleNamespace(layout=words[0], progress=words[5])

    def bring_openbao(run: Any, _supervisor: object, bootstrap: Bootstrap) -> None:
        assert bootstrap.seal_key.reveal()
        for what in told:
            run.progress("openbao", what)

    monkeypatch.setattr(manager_alone, "begun", begun)
    monkeypatch.setattr(manager_alone, "bring_openbao", bring_openbao)
    return told


def started(layout: Layout) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []
    start_openbao(
        layout, OF, compose(OF, MACHINE), MACHINE, Path("/nonexistent"),
        progress=lambda *words: said.append(words),
    )  # fmt: skip
    return said


def test_one_that_runs_already_is_not_worth_a_word(layout: Layout, happens: list[str]) -> None:
    layout.app_folder.mkdir(parents=True)
    happens.append("unchanged")
    assert started(layout) == []


def test_a_start_is_told(layout: Layout, happens: list[str]) -> None:
    layout.app_folder.mkdir(parents=True)
    happens += ["ready after 1.0 s", "initialised"]
    assert started(layout) == [("openbao", "ready after 1.0 s"), ("openbao", "initialised")]


def test_its_credential_is_made_with_the_first_start(layout: Layout, happens: list[str]) -> None:
    layout.app_folder.mkdir(parents=True)
    started(layout)
    assert layout.bootstrap.exists()
