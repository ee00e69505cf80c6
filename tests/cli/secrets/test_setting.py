from collections.abc import Callable

import pytest
from tests.cli.conftest import Uz
from tests.cli.secrets.conftest import Typed
from tests.places import Projects

from uz.testing import MemoryManager
from uz.trail import entries

REFERENCE = "ref+vault://secret/stripe-key#/value"
BAO = {"manager": "openbao"}
PEM = "-----BEGIN\r\nü=#$\"'\\\n".encode()
Given = Callable[[bytes], None]


def kept(manager: MemoryManager) -> bytes | None:
    found = manager.read("secret/stripe-key")
    return found.fields["value"].reveal() if found else None


@pytest.fixture(autouse=True)
def _applied(projects: Projects, manager: MemoryManager) -> None:
    projects.applied(secrets=BAO)


def test_a_value_from_standard_input_loses_one_line_end_and_that_is_said(
    uz: Uz, manager: MemoryManager, given: Given
) -> None:
    given(b"hunter2hunter2\n\n")
    said = uz("secrets", "set", "stripe-key")
    assert (said.code, said.err) == (0, "")
    assert "--keep-newline keeps it" in said.out
    assert "stripe-key: version 1 in a manager in memory" in said.out
    assert f'app.env.STRIPE_KEY = "{REFERENCE}"' in said.out
    assert kept(manager) == b"hunter2hunter2\n"


@pytest.mark.parametrize(
    ("data", "options", "value"),
    [
        (b"hunter2hunter2", (), b"hunter2hunter2"),
        (b"hunter2hunter2\r\n", (), b"hunter2hunter2"),
        (b"hunter2hunter2\r", (), b"hunter2hunter2\r"),
        (b"hunter2hunter2\n", ("--keep-newline",), b"hunter2hunter2\n"),
        (PEM, ("--keep-newline",), PEM),
    ],
)
def test_all_else_is_kept_byte_for_byte(
    uz: Uz,
    manager: MemoryManager,
    given: Given,
    data: bytes,
    options: tuple[str, ...],
    value: bytes,
) -> None:
    given(data)
    assert uz("secrets", "set", "stripe-key", *options).code == 0
    assert kept(manager) == value


def test_at_a_terminal_it_is_asked_for_twice_and_not_shown(
    uz: Uz, manager: MemoryManager, typed: Typed
) -> None:
    typed("hunter2hunter2", "hunter2hunter2")
    said = uz("secrets", "set", "stripe-key")
    assert said.code == 0
    assert "hunter2" not in said.out + said.err
    assert kept(manager) == b"hunter2hunter2"


def test_two_that_differ_are_not_stored(uz: Uz, manager: MemoryManager, typed: Typed) -> None:
    typed("hunter2hunter2", "hunter3hunter3")
    said = uz("secrets", "set", "stripe-key")
    assert (said.code, kept(manager)) == (2, None)
    assert "the two are not the same" in said.err


@pytest.mark.parametrize(
    "words",
    [("stripe-key", "hunter2hunter2"), ("STRIPE_KEY=hunter2hunter2",), ("hunter2hunter2==",)],
)
def test_a_value_as_an_argument_is_refused_and_not_repeated(
    uz: Uz, projects: Projects, manager: MemoryManager, words: tuple[str, ...]
) -> None:
    said = uz("secrets", "set", *words)
    assert (said.code, kept(manager)) == (2, None)
    assert "never an argument" in said.err
    assert "hunter2" not in said.out + said.err
    assert entries(projects.place(secrets=BAO).layout.trail) == ()


def test_a_variables_name_is_answered_with_the_name_to_use(uz: Uz) -> None:
    assert "next: Did you mean stripe-key?" in uz("secrets", "set", "STRIPE_KEY").err
    assert uz("secrets", "set", "../stripe").code == 2


@pytest.mark.parametrize("typed", ["Hunter2Hunter2", "HUNTER2HUNTER2", "hunter2/Hunter2+"])
def test_what_is_no_name_could_be_a_value_and_is_not_repeated(uz: Uz, typed: str) -> None:
    said = uz("secrets", "set", typed)
    assert said.code == 2
    assert "that is not a name such as stripe-key" in said.err
    assert "hunter2" not in (said.out + said.err).lower()


@pytest.mark.parametrize("data", [b"", b"short\n", b"hunter2\0hunter2", b"\xff" * 9, b"x" * 2**21])
def test_what_is_no_secret_is_refused_before_the_manager_is_asked(
    uz: Uz, manager: MemoryManager, given: Given, data: bytes
) -> None:
    given(data)
    said = uz("secrets", "set", "stripe-key")
    assert (said.code, kept(manager)) == (2, None)
    assert said.err.startswith("uz: stripe-key: ")
    assert "\nnext: " in said.err
    assert "hunter2" not in said.err


def test_who_reads_it_is_told_and_the_same_value_changes_nothing(
    uz: Uz, projects: Projects, given: Given
) -> None:
    projects.project(secrets=BAO, app={"env": {"STRIPE_KEY": REFERENCE}})
    given(b"hunter2hunter2")
    assert (
        "read by app-1, app-2: `uz up` gives it to them" in uz("secrets", "set", "stripe-key").out
    )
    given(b"hunter2hunter2")
    said = uz("secrets", "set", "stripe-key")
    assert said.out == "stripe-key: version 1 has this value already, nothing was changed\n"


def test_the_audit_trail_names_the_secret_only(uz: Uz, projects: Projects, given: Given) -> None:
    given(b"hunter2hunter2")
    uz("secrets", "set", "stripe-key", "--keep-newline")
    (entry,) = entries(projects.place(secrets=BAO).layout.trail)
    assert (entry.command, entry.outcome) == ("uz secrets set stripe-key", "done")
