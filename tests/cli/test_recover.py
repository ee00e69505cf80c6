import io
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.backups.repositories import minutes
from tests.cli.conftest import Uz
from tests.places import Projects

from uz.backups.target import Aim, Target
from uz.operations import place as placing
from uz.operations import recover as recovering
from uz.operations.recover import Recovered

PLAN = SimpleNamespace(
    backup=SimpleNamespace(label="F1", ended=minutes(30)), logs=14, reaches=minutes(44),
    size=100 * 2**20, loses=timedelta(minutes=1),
)  # fmt: skip


class Asked:
    """What was asked of it."""

    def __init__(self) -> None:
        self.kit: str | None = None
        self.targets: list[Target] = []
        self.commands: list[str] = []
        self.plan: Any = PLAN

    def known_from(self, _place: object, text: str | None) -> object:
        self.kit = text
        return SimpleNamespace()

    def plan_recovery(self, _place: object, _known: object, target: Target) -> Any:
        self.targets.append(target)
        return self.plan

    def recover(self, _place: object, _known: object, target: Target, command: str,
                progress: Any) -> Recovered:  # fmt: skip
        self.targets.append(target)
        self.commands.append(command)
        progress("fetch", "100.0 MiB")
        return Recovered({"fetch": 2.0, "up": 1.5}, ("/srv/more: holds something already",))


@pytest.fixture
def asked(projects: Projects, monkeypatch: pytest.MonkeyPatch) -> Asked:
    one = Asked()
    monkeypatch.setattr(placing, "require", lambda *_: None)
    for name in ("known_from", "plan_recovery", "recover"):
        monkeypatch.setattr(recovering, name, getattr(one, name))
    projects.project(database={}, backups={"offsite": "embedded"})
    return one


def test_what_comes_back_is_said_first(uz: Uz, asked: Asked) -> None:
    said = uz("recover", "--plan")
    assert (said.code, said.err) == (0, "")
    assert "backup F1 of 2026-11-26 12:30:00 UTC, and 14 files of the log behind it\n" in said.out
    assert "reaches 2026-11-26 12:44:00 UTC; 100.0 MiB to fetch\n" in said.out
    assert asked.commands == []


def test_it_asks_and_without_a_terminal_the_answer_is_no(uz: Uz, asked: Asked) -> None:
    said = uz("recover")
    assert said.code == 2
    assert "nothing was changed" in said.out
    assert "--yes" in said.err
    assert asked.commands == []


def test_with_a_yes_it_is_done_and_told(uz: Uz, asked: Asked) -> None:
    said = uz("recover", "--yes")
    assert said.code == 0
    assert said.out.endswith(
        "  fetch            100.0 MiB\n"
        "  note: /srv/more: holds something already\n"
        "shop (production) is back: https://shop.example\n"
        "recovery: 3.5 s (fetch 2.0 s, up 1.5 s)\n"
    )
    assert asked.commands[0].endswith("recover --yes")


def test_quiet_says_results_only(uz: Uz, asked: Asked) -> None:
    said = uz("recover", "--yes", "--quiet")
    assert said.code == 0
    assert "note:" not in said.out
    assert "fetch   " not in said.out
    assert "is back" in said.out


def test_a_moment_may_be_named(uz: Uz, asked: Asked) -> None:
    uz("recover", "--yes", "--to", "2026-11-26T12:40:00")
    assert {one.at for one in asked.targets} == {minutes(40)}
    uz("recover", "--plan")
    assert asked.targets[-1].aim is Aim.LATEST
    said = uz("recover", "--yes", "--to", "soon")
    assert said.code == 2
    assert "neither a time nor a backup" in said.err


def test_the_kit_is_read_from_a_file_or_standard_input(
    uz: Uz, asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kit.json").write_text("the kit")
    uz("recover", "--plan", "--kit", str(tmp_path / "kit.json"))
    assert asked.kit == "the kit"
    monkeypatch.setattr(sys, "stdin", io.StringIO("from a pipe"))
    uz("recover", "--plan", "--kit", "-")
    assert asked.kit == "from a pipe"
    uz("recover", "--plan")
    assert asked.kit is None


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), (b"age\xff\xfe", "decrypt it first")]
)
def test_a_kit_that_cannot_be_read_is_told(
    uz: Uz, asked: Asked, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "kit"
    if content:
        path.write_bytes(content)
    told = uz("recover", "--kit", str(path))
    assert told.code == 2
    assert said in told.err
    assert "Traceback" not in told.err
    assert asked.targets == []


def test_without_a_database_there_is_no_plan_to_show(uz: Uz, asked: Asked) -> None:
    asked.plan = None
    said = uz("recover", "--yes")
    assert said.code == 0
    assert "backup F1" not in said.out
