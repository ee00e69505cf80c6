from dataclasses import replace

import pytest

from uz.stack import Service
from uz.targets.local import taking_up
from uz.targets.local.layout import Layout
from uz.targets.local.taking_up import taken_up
from uz.testing import FakeEnvironment

ANY = FakeEnvironment().stack.service("app-1")


def by(*words: str) -> Service:
    return replace(ANY, take_up=words)


def test_the_command_runs_in_the_environments_folder(prepared: Layout) -> None:
    assert taken_up(prepared, by("test", "-d", "config")) == ""
    assert taken_up(prepared, by("test", "-d", "{root}/config")) == ""


def test_it_gets_none_of_its_callers_variables(
    prepared: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_KEY", "hunter2hunter2")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    words = 'test -n "$PATH" && test "$LC_ALL" = C && test -z "${STRIPE_KEY:-}" && test -z "$HOME"'
    assert taken_up(prepared, by("sh", "-c", words)) == ""


def test_a_command_that_fails_says_why(prepared: Layout) -> None:
    assert taken_up(prepared, by("sh", "-c", "echo WRONGPASS >&2; exit 1")) == "WRONGPASS"
    assert taken_up(prepared, by("false")) == "it ends with 1"


def test_one_that_hangs_or_is_missing_is_told(
    prepared: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_up, "TAKE_UP", 0.2)
    assert "still running" in taken_up(prepared, by("sleep", "60"))
    assert taken_up(prepared, by("no-such-program"))
