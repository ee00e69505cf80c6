from collections.abc import Callable

import pytest
from tests.cli.conftest import Uz
from tests.cli.secrets.conftest import Typed
from tests.places import Projects

from uz.cli.secrets.rotating import said
from uz.environment import Rotated
from uz.operations import rotate as rotating
from uz.secret import Secret
from uz.testing import MemoryManager

Calls = list[tuple[str, Secret | None, str]]
Given = Callable[[bytes], None]


@pytest.fixture(autouse=True)
def calls(projects: Projects, manager: MemoryManager, monkeypatch: pytest.MonkeyPatch) -> Calls:
    assert not manager.versions
    projects.applied(app={"generated_secrets": ["session-key"]}, secrets={"manager": "openbao"})
    seen: Calls = []

    def rotate(
        _place: object, name: str, value: Secret | None, command: str, _progress: object
    ) -> Rotated:
        seen.append((name, value, command))
        return Rotated(name, "2", ("app-1",), () if value else ("redis",), 1.25)

    monkeypatch.setattr(rotating, "rotate", rotate)
    return seen


def test_what_uz_made_up_needs_no_value(uz: Uz, calls: Calls) -> None:
    done = uz("secrets", "rotate", "redis/app")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("redis/app: version 2; taken up by app-1; ")
    assert "the old one is refused by redis; 1.2 s" in done.out
    assert calls == [("redis/app", None, "secrets rotate redis/app")]


def test_what_uz_made_up_for_the_app_goes_by_its_short_name_too(uz: Uz, calls: Calls) -> None:
    assert uz("secrets", "rotate", "session-key").code == 0
    assert calls == [("session-key", None, "secrets rotate session-key")]


def test_a_secret_of_the_users_is_read_and_never_shown(uz: Uz, calls: Calls, given: Given) -> None:
    given(b"hunter2hunter2\n")
    done = uz("secrets", "rotate", "stripe-key")
    assert done.code == 0
    assert "revoke the old one where it comes from" in done.out
    assert "hunter2" not in done.out + done.err
    assert calls[0][1] == Secret(b"hunter2hunter2")


def test_at_a_terminal_it_is_asked_for_twice(uz: Uz, calls: Calls, typed: Typed) -> None:
    typed("hunter2hunter2", "hunter3hunter3")
    assert uz("secrets", "rotate", "stripe-key").code == 2
    assert calls == []


@pytest.mark.parametrize(
    "words",
    [
        ("stripe-key", "hunter2hunter2"),
        ("stripe-key=hunter2hunter2",),
        ("redis/app", "hunter2hunter2"),
        ("redis/app=hunter2hunter2",),
        ("session-key", "hunter2hunter2"),
        ("hunter2/hunter2==",),
    ],
)
def test_a_value_as_an_argument_is_refused_and_not_repeated(
    uz: Uz, calls: Calls, words: tuple[str, ...]
) -> None:
    done = uz("secrets", "rotate", *words)
    assert done.code == 2
    assert "never an argument" in done.err
    assert "hunter2" not in done.out + done.err
    assert calls == []


@pytest.mark.parametrize("typed", ["Hunter2Hunter2", "HUNTER2HUNTER2", "hunter2/Hunter2+", "/h2/"])
def test_a_value_in_the_place_of_the_name_is_not_repeated(uz: Uz, calls: Calls, typed: str) -> None:
    done = uz("secrets", "rotate", typed)
    assert done.code == 2
    assert "that is not a name such as" in done.err
    assert "hunter2" not in (done.out + done.err).lower()
    assert calls == []


def test_where_nobody_reads_it_and_no_versions_are_counted_that_is_said() -> None:
    assert said(Rotated("app/key", seconds=0.5)) == "app/key: new value; nobody reads it; 0.5 s"
